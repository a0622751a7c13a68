import { CONTROLLERS } from './explorer.application.js';
import { ExplorerBrowser } from './explorer.browser.js';
import { RelayController } from './explorer.relay.js';

describe('Forms of the page', () => {
  const explorers = new ExplorerBrowser();

  it('fills a form from a link, and makes links of what is filled in', async () => {
    const explorer = await explorers.open('#/ChatController?room=a+b&name=Ann');
    const { page } = explorer;
    await explorer.connect();
    await explorer.logs(['· Open', '↓ {"welcome":"Ann","room":"a b"}']);
    await page.getByRole('textbox', { name: /^room/ }).fill('green room');
    expect(await explorer.ask('location.hash')).toBe('#/ChatController?room=green+room&name=Ann');
    await page.getByRole('textbox', { name: /^room/ }).fill('');
    await explorer.press('Connect another');
    expect(await explorer.focused()).toBe('room');
    expect(await page.getByRole('tab', { name: '/chat/' }).count()).toBe(1);
  });

  it('checks messages while they are typed, and lets wrong ones go', async () => {
    const explorer = await explorers.open('#/ChatController?room=blue&name=Ann');
    const { page } = explorer;
    const problems = page.getByLabel('Problems').getByRole('listitem');
    await explorer.connect();
    expect(JSON.parse(await explorer.message.inputValue())).toEqual({
      type: 'say',
      text: 'text',
      stars: 1,
    });
    expect(await problems.count()).toBe(0);
    await explorer.message.fill('{ "type": "say", "text": 5, "stars": 9 }');
    expect(await problems.allInnerTexts()).toEqual([
      expect.stringMatching(/^text: string expected, not number/),
      expect.stringMatching(/^stars: .*5/),
    ]);
    await explorer.message.fill('{ "type": ');
    expect(await problems.allInnerTexts()).toEqual([expect.stringMatching(/^This is no JSON/)]);
    await explorer.press('Send');
    await explorer.logs([
      '· Open',
      '↓ {"welcome":"Ann","room":"blue"}',
      '↑ { "type":',
      expect.stringMatching(/^↓ .*"statusCode":400/),
    ]);
    await page.getByRole('tab', { name: 'mood' }).click();
    await explorer.send('{ "type": "mood", "mood": "odd" }');
    expect(await problems.allInnerTexts()).toEqual([expect.stringMatching(/^mood: .*glad/)]);
    await page.getByRole('tab', { name: 'say' }).click();
    expect(await explorer.message.inputValue()).toBe('{ "type": ');
    await page.getByText('Sent before').click();
    await page.getByRole('button', { name: '{ "type": "mood", "mood": "odd" }' }).click();
    expect(await explorer.message.inputValue()).toBe('{ "type": "mood", "mood": "odd" }');
  });

  it('keeps secrets in the tab, and out of links', async () => {
    const explorer = await explorers.open('#/MembersController_only', [
      ...CONTROLLERS,
      RelayController,
    ]);
    const { page } = explorer;
    await page.getByLabel('Through the server').check();
    await page.getByLabel('bearer').fill('s3cret');
    await explorer.press('Connect');
    await explorer.logs(['· Refused with 401']);
    expect(await explorer.ask('location.href')).not.toContain('s3cret');
    expect(await explorer.ask('JSON.stringify(localStorage)')).toBe('{}');
    expect(await explorer.ask('JSON.stringify(sessionStorage)')).toContain('s3cret');
    await page.reload();
    await page.getByLabel('Through the server').check();
    expect(await page.getByLabel('bearer').inputValue()).toBe('s3cret');
  });

  it('offers subprotocols, and says which was chosen', async () => {
    const explorer = await explorers.open('#/EchoController_protocol');
    expect(await explorer.page.getByLabel('Subprotocols').inputValue()).toBe('v2.chat');
    await explorer.page.getByLabel('Subprotocols').fill('v1.chat, other');
    await explorer.press('Connect');
    await explorer.shows('v1.chat');
    await explorer.page.getByLabel('Subprotocols').fill('not valid(');
    await explorer.press('Connect another');
    await explorer.logs([expect.stringMatching(/subprotocol/i)]);
  });

  it('can be used with the keyboard alone', async () => {
    const explorer = await explorers.open('');
    const { page } = explorer;
    const key = (name: string): Promise<void> => page.keyboard.press(name);
    await key('/');
    await page.keyboard.type('chat');
    await key('Tab');
    await key('Enter');
    await page.getByRole('heading', { level: 1, name: '/chat/:room' }).waitFor();
    for (let steps = 0; (await explorer.focused()) !== 'room' && steps < 10; steps += 1)
      await key('Tab');
    await page.keyboard.type('blue');
    await key('Enter');
    await explorer.shows('Open');
    await explorer.eventually(
      async () => expect(await explorer.focused()).toBe('Message'),
      'the editor',
    );
    await key('Shift+Tab');
    await key('Shift+Tab');
    await key('Shift+Tab');
    await key('Shift+Tab');
    expect(await explorer.focused()).toBe('say');
    await key('ArrowRight');
    expect(await explorer.focused()).toBe('mood');
    for (let steps = 0; (await explorer.focused()) !== 'Message' && steps < 10; steps += 1)
      await key('Tab');
    await key('Control+Enter');
    await explorer.ends('↓ {"mood":"glad"}');
    for (let steps = 0; (await explorer.focused()) !== 'Disconnect' && steps < 30; steps += 1)
      await key('Tab');
    await key('Enter');
    await explorer.shows('Closed');
  });

  it('tells screen readers what happens, at a pace', async () => {
    const explorer = await explorers.open('#/EchoController_echo');
    const said = explorer.page.getByRole('status');
    await explorer.connect();
    await explorer.send('hello');
    await explorer.eventually(
      async () => expect(await said.textContent()).toContain('Received hello'),
      'it',
    );
  });

  it('copies what connects elsewhere', async () => {
    const explorer = await explorers.open('#/ChatController?room=blue&name=Ann');
    const { page } = explorer;
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await explorer.press('websocat');
    await page.getByText('Copied as websocat').first().waitFor({ state: 'attached' });
    const text = await explorer.ask('navigator.clipboard.readText()');
    expect(text).toBe(`websocat 'ws://${new URL(page.url()).host}/chat/blue?name=Ann'`);
  });
});
