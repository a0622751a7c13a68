// A package for `packages/`, and what breaks it.
export const NAME = 'nestjs-revali-ws-fixture';
export const FOLDER = 'packages/fixture';

const json = (value) => `${JSON.stringify(value, undefined, 2)}\n`;

const manifest = {
  name: NAME,
  version: '0.1.0',
  license: 'MIT',
  type: 'commonjs',
  main: './dist/index.js',
  types: './dist/index.d.ts',
  files: ['dist'],
  scripts: {
    build: 'tsc -p tsconfig.build.json',
    typecheck: 'tsc --noEmit -p tsconfig.json',
  },
  engines: { node: '>=20.19' },
  peerDependencies: { 'nestjs-revali-ws': '^0.1.0' },
};

/** In the place of the root's sources, where the fixture reads those. */
export const STUB = `export enum WebSocketMode {
  twoWay = 'twoWay',
}
`;

const SPEC = `import { WebSocketMode } from 'nestjs-revali-ws';
import { modes } from '${NAME}';

describe('the fixture', () => {
  it('is loaded by its name, with the root beside it', () => {
    expect(modes()).toEqual(Object.values(WebSocketMode));
  });
});
`;

export const SOUND = {
  'package.json': json(manifest),
  'tsconfig.json': `{
  "extends": "../../tsconfig.json",
  "compilerOptions": {
    "paths": {
      "nestjs-revali-ws": ["../../lib/index.ts"],
      "${NAME}": ["./lib/index.ts"]
    }
  },
  "include": ["lib", "test"]
}
`,
  'tsconfig.build.json': `{
  "extends": "./tsconfig.json",
  "compilerOptions": { "noEmit": false, "rootDir": "./lib", "outDir": "./dist", "paths": {} },
  "include": ["lib"]
}
`,
  'lib/index.ts': `import { WebSocketMode } from 'nestjs-revali-ws';

export function modes(): WebSocketMode[] {
  return Object.values(WebSocketMode);
}
`,
  'test/fixture.spec.ts': SPEC,
};

export const BROKEN = {
  'package.json': json({ ...manifest, main: './dist/missing.js' }),
  'lib/index.ts': `${SOUND['lib/index.ts']}
export const size: number = 'large';
export const loose: any = size;
`,
  'test/fixture.spec.ts': SPEC.replace('toEqual', 'not.toEqual'),
};
