// A registry as npm asks one, on this machine: it has our packages, which are not published yet, and
// sends for all others to the registry that npm is configured with.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { execFileSync } from 'node:child_process';

/**
 * @param tarballs Of its packages.
 * @returns Its address, and what ends it.
 */
export async function startRegistry(...tarballs) {
  const others = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim();
  const own = new Map(tarballs.map(read).map((each) => [each.manifest.name, each]));
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, url);
    const [, name, file] = pathname.split('/');
    const { manifest, content } = own.get(name) ?? {};
    if (content && file === undefined) {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(packument(manifest, content, `${url}/${name}/package.tgz`)));
    } else if (content && file === 'package.tgz') {
      response.setHeader('content-type', 'application/octet-stream');
      response.end(content);
    } else {
      response.writeHead(307, { location: new URL(request.url.slice(1), others).href });
      response.end();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${server.address().port}`;
  const end = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url, end };
}

function read(tarball) {
  const text = execFileSync('tar', ['-xzOf', tarball, 'package/package.json'], {
    encoding: 'utf8',
  });
  return { manifest: JSON.parse(text), content: readFileSync(tarball) };
}

/** What a registry says of a package that has one version. */
function packument(manifest, content, tarball) {
  const integrity = `sha512-${createHash('sha512').update(content).digest('base64')}`;
  const { name, version } = manifest;
  return {
    name,
    'dist-tags': { latest: version },
    versions: { [version]: { ...manifest, dist: { tarball, integrity } } },
  };
}
