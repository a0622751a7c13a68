import {
  commonJsApp,
  endGenerators,
  esmApp,
  generate,
  monorepo,
} from '../../support/schematics/schematics.js';

const observer = (options: object = {}, files = commonJsApp()) =>
  generate('observer', { name: 'traffic', ...options }, files);

afterAll(endGenerators);

describe('the observer generator', () => {
  it('writes an observer and its spec', async () => {
    const { files: written, log } = await observer();
    const content = written['/src/traffic/traffic.observer.ts'];
    expect(content).toContain('export class TrafficObserver implements WebSocketObserver {');
    expect(written['/src/traffic/traffic.observer.spec.ts']).toContain(
      "import { TrafficObserver } from './traffic.observer';",
    );
    expect(log).toEqual([]);
  });

  it('writes imports with extensions in an application of ES modules', async () => {
    const { files: written } = await observer({}, esmApp());
    expect(written['/src/traffic/traffic.observer.spec.ts']).toContain(
      "from './traffic.observer.js';",
    );
  });

  it('goes without a folder, or without a spec, into any folder', async () => {
    const { files: written } = await observer({ flat: true, spec: false, path: 'ops' });
    expect(written).toHaveProperty(['/src/ops/traffic.observer.ts']);
    expect(Object.keys(written).filter((file) => file.includes('.spec.'))).toEqual([]);
  });

  it('writes into one application of a monorepo', async () => {
    const { files: written } = await observer({ project: 'api' }, monorepo());
    expect(written).toHaveProperty(['/apps/api/src/traffic/traffic.observer.ts']);
    await expect(observer({ project: 'admin' }, monorepo())).rejects.toThrow('no project "admin"');
  });

  it.each([{ name: '../traffic' }, { path: '..' }, { path: 'ops', name: '../../traffic' }])(
    'writes nothing outside of the sources: %j',
    async (options) => {
      await expect(observer(options)).rejects.toThrow('leads out of the source folder');
    },
  );

  it('writes TypeScript only', async () => {
    await expect(observer({ language: 'js' })).rejects.toThrow('not "js"');
  });
});
