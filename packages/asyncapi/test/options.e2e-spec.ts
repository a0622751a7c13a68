import { Controller } from '@nestjs/common';
import { WebSocket } from 'nestjs-revali-ws';
import {
  AsyncApiModule,
  createAsyncApiDocument,
  InvalidAsyncApiOptionException,
} from 'nestjs-revali-ws-asyncapi';
import { serveModule } from './module.server.js';
import { closeAllApps, startApp } from './support.js';

@Controller('echo')
class EchoController {
  @WebSocket()
  echo(): void {}
}

/** As of a file of settings, which no compiler sees. */
const unchecked = (option: string, value: unknown): object => Object.fromEntries([[option, value]]);

const DOCUMENT: [option: string, value: unknown][] = [
  ['info', 'Chat'],
  ['info', { title: 'Chat' }],
  ['info', { title: 5, version: '1' }],
  ['servers', []],
  ['servers', { production: 'example.com' }],
  ['security', null],
  ['security', { bearer: null }],
  ['schemas', {}],
  ['version', '2.6.0'],
  ['version', 3],
  ['document', {}],
];

describe('Options of documents', () => {
  afterEach(closeAllApps);

  it.each<[option: string, value: unknown]>([
    ...DOCUMENT,
    ['path', 5],
    ['path', null],
    ['explorer', 'false'],
    ['enabled', 'false'],
    ['enabled', 0],
    ['relay', 'false'],
    ['decorators', () => undefined],
    ['decorators', [undefined]],
  ])('of the module are refused by name: %s of %p', (option, value) => {
    const made = (): unknown => AsyncApiModule.forRoot(unchecked(option, value));
    expect(made).toThrow(InvalidAsyncApiOptionException);
    expect(made).toThrow(`AsyncApiModule.forRoot(): the option "${option}" is `);
  });

  it.each(DOCUMENT)('of a document are refused by name: %s of %p', async (option, value) => {
    const { app } = await startApp({ controllers: [EchoController] });
    await expect(createAsyncApiDocument(app, unchecked(option, value))).rejects.toThrow(
      `createAsyncApiDocument(): the option "${option}" is `,
    );
  });

  it('may be left out, and undefined', async () => {
    const left = Object.fromEntries(DOCUMENT.map(([option]) => [option, undefined]));
    const { app } = await startApp({ controllers: [EchoController] });
    expect(await createAsyncApiDocument(app, left)).toMatchObject({ asyncapi: '3.0.0' });
    expect(() => AsyncApiModule.forRoot({ ...left, path: undefined })).not.toThrow();
  });

  it('say what is wrong where the last word is none', async () => {
    const { app } = await startApp({ controllers: [EchoController] });
    const nothing = unchecked('document', () => undefined);
    await expect(createAsyncApiDocument(app, nothing)).rejects.toThrow(
      /The option "document" returned undefined\. Return the document/,
    );
    const { http } = await serveModule(nothing, {});
    const { text } = await http.get('/async-api-json').expect(500);
    expect(text).not.toContain('undefined');
  });
});
