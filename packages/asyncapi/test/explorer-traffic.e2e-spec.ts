import { CONTROLLERS, FloodController, PatienceController } from './explorer.application.js';
import { ExplorerBrowser } from './explorer.browser.js';
import { ExplorerPage } from './explorer.page.js';
import { RelayController } from './explorer.relay.js';
import { serveExplorer } from './explorer.server.js';

async function textOf(stream: AsyncIterable<unknown>): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text;
}

describe('The log of the page', () => {
  const explorers = new ExplorerBrowser();

  it('shows each mode as it is', async () => {
    const explorer = await explorers.open('#/FeedController_prices');
    const editor = explorer.page.getByRole('region', { name: 'Message editor' });
    await explorer.press('Connect');
    await explorer.logs([
      '· Open',
      '↓ {"price":101.5}',
      '↓ {"price":102.25}',
      '↓ {"price":99}',
      '· Closed 1000 · Normal closure',
    ]);
    await explorer.says(explorer.frames.last(), 'the stream of this route is done');
    await explorer.counts(editor, 0);
    await explorer.choose('/feed/orders');
    await explorer.connect();
    expect(JSON.parse(await explorer.message.inputValue())).toEqual({ item: 'tea' });
    await explorer.press('Send');
    await explorer.logs(['· Open', expect.stringContaining('"tea"')]);
    await explorer.choose('/echo');
    await explorer.connect();
    await explorer.send('both ways');
    await explorer.logs(['· Open', '↑ both ways', '↓ both ways']);
    expect(explorer.console).toEqual([]);
  });

  it('sends bytes as hex, as base64 and from a file', async () => {
    const explorer = await explorers.open('#/EchoController_bytes');
    const { page } = explorer;
    await explorer.connect();
    await explorer.send('01 02 ff');
    await page.getByLabel('Format').selectOption('base64');
    await explorer.send('AQI=');
    await page.getByLabel('Format').selectOption('file');
    await page.getByLabel('File', { exact: true }).setInputFiles({
      name: 'a.bin',
      mimeType: 'application/octet-stream',
      buffer: Buffer.from([7, 8]),
    });
    await explorer.press('Send');
    await explorer.logs([
      '· Open',
      '↑ 01 02 ff',
      '↓ ff 02 01',
      '↑ 01 02',
      '↓ 02 01',
      '↑ 07 08',
      '↓ 08 07',
    ]);
    await explorer.frames.nth(2).locator('summary').click();
    await explorer.says(explorer.frames.nth(2), /000000 {2}ff 02 01\s+···/);
    await page.getByLabel('Format').selectOption('hex');
    await explorer.message.fill('0');
    await explorer.says(page.getByLabel('Problems'), 'hexadecimal');
    expect(explorer.console).toEqual([]);
  });

  it('keeps several connections apart', async () => {
    const explorer = await explorers.open('#/ChatController?room=one&name=Ann');
    const { page } = explorer;
    await explorer.connect();
    await page.getByRole('textbox', { name: /^room/ }).fill('two');
    await explorer.press('Connect another');
    await explorer.logs(['· Open', '↓ {"welcome":"Ann","room":"two"}']);
    await page.getByRole('tab', { name: '/chat/one' }).click();
    await explorer.logs(['· Open', '↓ {"welcome":"Ann","room":"one"}']);
    await explorer.send('{"type":"mood","mood":"sad"}');
    await explorer.choose('/echo');
    await explorer.connect();
    await explorer.send('third');
    await explorer.logs(['· Open', '↑ third', '↓ third']);
    await page.getByRole('tab', { name: '/chat/one' }).click();
    await page.getByRole('heading', { level: 1, name: '/chat/:room' }).waitFor();
    await explorer.ends('↓ {"mood":"sad"}');
    await explorer.press('Disconnect');
    await explorer.shows('Closed');
    await page.getByRole('tab', { name: '/chat/two' }).click();
    await explorer.shows('Open');
    await explorer.press('Remove');
    await explorer.counts(page.getByRole('tab', { name: '/chat/two' }), 0);
  });

  it('says what close codes mean, and closes with those that it is told', async () => {
    const explorer = await explorers.open('#/ChatController?room=one');
    const { page } = explorer;
    await explorer.connect();
    await explorer.send('{"type":"leave"}');
    await explorer.ends('· Closed 4409 · Taken');
    await explorer.says(explorer.frames.last(), 'The name is taken');
    await explorer.press('Connect again');
    await explorer.shows('Open');
    await page.getByText('Close code and reason').click();
    await page.getByLabel('Code').fill('1001');
    await explorer.press('Disconnect');
    await explorer.says(page.getByRole('alert'), '1000 or 3000–4999');
    await page.getByLabel('Code').fill('4000');
    await page.getByLabel('Reason').fill('Enough');
    await explorer.press('Disconnect');
    await explorer.ends('· Closed 4000 · Enough');
  });

  it('gives up a handshake that takes too long', async () => {
    const explorer = await explorers.open('#/PatienceController_never', [PatienceController]);
    await explorer.press('Connect');
    await explorer.shows('Connecting');
    await explorer.press('Disconnect');
    await explorer.shows('Closed');
    await explorer.logs(['· Given up']);
  });

  it('lets go of a connection that is removed', async () => {
    const explorer = await explorers.open('#/PatienceController_counted', [PatienceController]);
    await explorer.connect();
    await explorer.eventually(() => expect(PatienceController.open).toBe(1), 'a connection');
    await explorer.press('Remove');
    await explorer.eventually(() => expect(PatienceController.open).toBe(0), 'its end');
    await explorer.counts(explorer.frames, 0);
  });

  it('connects again by itself where it is told to', async () => {
    const explorer = await explorers.open('#/ChatController?room=one');
    await explorer.page.getByLabel('Reconnect').first().check();
    await explorer.connect();
    await explorer.send('{"type":"leave"}');
    await explorer.shows('Reconnects in');
    await explorer.shows('Open');
    await explorer.send('{"type":"leave"}');
    await explorer.shows('Reconnects in');
    await explorer.press('Stop');
    await explorer.shows('Closed');
  });

  it('says why it knows nothing of a refusal, and what helps', async () => {
    const explorer = await explorers.open('#/MembersController_only');
    await explorer.press('Connect');
    await explorer.logs(['· Closed 1006 · the handshake failed']);
    const text = await explorer.frames.last().innerText();
    expect(text).toContain('neither status nor body');
    expect(text).toContain('relay: true');
    expect(text).toContain("refusal: 'close'");
  });

  it('shows a refusal through the relay, and sends headers there', async () => {
    RelayController.seen.length = 0;
    const explorer = await explorers.open('#/MembersController_only', [
      ...CONTROLLERS,
      RelayController,
    ]);
    const { page } = explorer;
    await explorer.press('Connect');
    await explorer.press('connect through the server');
    await page.getByLabel('bearer').fill('s3cret');
    await page.getByLabel('More headers').fill('X-One: 1\nX-Two: a:b');
    await explorer.press('Connect');
    await explorer.logs(['· Refused with 401']);
    await explorer.says(explorer.frames.last(), 'A ticket is needed');
    expect(RelayController.seen).toEqual([
      {
        path: '/members/only',
        headers: { Authorization: 'Bearer s3cret', 'X-One': '1', 'X-Two': 'a:b' },
        protocols: [],
      },
    ]);
    await explorer.choose('/echo/bytes');
    await page.getByLabel('Through the server').check();
    await explorer.connect();
    await explorer.send('00 ff');
    await explorer.press('Disconnect');
    await explorer.logs([
      '· Open',
      '↓ 68 69',
      '↓ an empty pong',
      '↑ 00 ff',
      '↓ 00 ff',
      '· Closed 1000',
    ]);
    await explorer.says(explorer.frames.nth(1), 'ping');
  });

  it('says that a message is too large for the relay', async () => {
    const explorer = await explorers.open('#/EchoController_echo', [
      ...CONTROLLERS,
      RelayController,
    ]);
    await explorer.page.getByLabel('Through the server').check();
    await explorer.connect();
    await explorer.send('too large');
    await explorer.eventually(async () => {
      const text = (await explorer.frames.allInnerTexts()).slice(-2).join(' ');
      expect(text).toMatch(/no more than 4 MiB[^]*Closed 1009/);
    }, 'the reason');
  });

  it('shows what the relay of the application tells', async () => {
    const url = await serveExplorer({ relay: true });
    const explorer = await ExplorerPage.open(explorers.browser, `${url}#/MembersController_only`);
    const { page } = explorer;
    await page.getByLabel('Through the server').check();
    await page.getByLabel('bearer').fill('s3cret');
    await explorer.press('Connect');
    await explorer.logs(['· Refused with 401']);
    await explorer.says(explorer.frames.last(), 'A ticket is needed');
    await explorer.choose('/echo/bytes');
    await page.getByLabel('Through the server').check();
    await explorer.connect();
    await explorer.send('00 ff');
    await explorer.press('Disconnect');
    await explorer.logs(['· Open', '↑ 00 ff', '↓ ff 00', '· Closed 1000']);
  });

  it('filters, pauses, clears and hands out its log', async () => {
    const explorer = await explorers.open('#/EchoController_echo');
    const { page } = explorer;
    await explorer.connect();
    await explorer.send('{"a":{"b":[1,2]}}');
    await explorer.send('other');
    await explorer.logs([
      '· Open',
      '↑ {"a":{"b":[1,2]}}',
      '↓ {"a":{"b":[1,2]}}',
      '↑ other',
      '↓ other',
    ]);
    await page.getByLabel('Show').selectOption('in');
    await page.getByLabel('Filter frames').fill('OTH');
    await explorer.logs(['↓ other']);
    await page.getByLabel('Filter frames').fill('');
    await explorer.frames.first().locator('summary').first().click();
    await explorer.says(explorer.frames.first().locator('.tree'), 'b: ');
    await page.getByLabel('Show').selectOption('all');
    await explorer.press('Pause');
    await explorer.send('unseen');
    await page.getByRole('button', { name: 'Resume (2)' }).click();
    await explorer.ends('↓ unseen');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      explorer.press('Download'),
    ]);
    const lines = await textOf(await download.createReadStream());
    const frames: unknown[] = lines
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(frames).toHaveLength(7);
    expect(frames.at(-1)).toMatchObject({ direction: 'in', kind: 'text', text: 'unseen', size: 6 });
    await explorer.press('Clear');
    await explorer.logs([]);
  });

  it('keeps the last 2,000 frames of a fast feed', async () => {
    const explorer = await explorers.open('#/FloodController_flood', [FloodController]);
    await explorer.press('Connect');
    await explorer.shows('Closed');
    await explorer.eventually(async () => expect(await explorer.frames.count()).toBe(2000), 'them');
    await explorer.ends('↓ 2999', '· Closed 1000 · Normal closure');
  });
});
