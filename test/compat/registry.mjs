// A registry as npm asks one, on this machine: it has one package, which is not published yet, and
// sends for all others to the registry that npm is configured with.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { execFileSync } from 'node:child_process';
import { root } from '../harness.mjs';

/** @returns Its address, and what ends it. */
export async function startRegistry(tarball) {
  const others = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim();
  const content = readFileSync(tarball);
  const manifest = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, url);
    if (pathname === `/${manifest.name}`) {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(packument(manifest, content, `${url}/package.tgz`)));
    } else if (pathname === '/package.tgz') {
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
