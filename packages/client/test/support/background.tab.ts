import type { Browser, CDPSession } from 'playwright-core';

interface Answer {
  readonly id: number;
  readonly result?: { readonly result?: { readonly value?: unknown }; exceptionDetails?: unknown };
  readonly error?: unknown;
}

/** A tab that the browser hides and freezes as it does those in the background: Playwright keeps its own pages awake. */
export class BackgroundTab {
  private readonly waiting = new Map<number, (answer: Answer) => void>();
  private asked = 0;

  /** It is in front of the others at first. */
  static async open(browser: Browser, url: string): Promise<BackgroundTab> {
    const session = await browser.newBrowserCDPSession();
    const { targetId } = await session.send('Target.createTarget', { url });
    const attached = await session.send('Target.attachToTarget', { targetId, flatten: false });
    return new BackgroundTab(session, targetId, attached.sessionId);
  }

  private constructor(
    private readonly session: CDPSession,
    private readonly targetId: string,
    private readonly sessionId: string,
  ) {
    session.on('Target.receivedMessageFromTarget', ({ message }) => {
      const answer = JSON.parse(message) as Answer;
      this.waiting.get(answer.id)?.(answer);
    });
  }

  /** @param expression What it is may be read as JSON. */
  async evaluate(expression: string): Promise<unknown> {
    const { result } = await this.ask('Runtime.evaluate', { expression, returnByValue: true });
    if (result?.exceptionDetails)
      throw new Error(`${expression}: ${JSON.stringify(result.exceptionDetails)}`);
    return result?.result?.value;
  }

  /** Another tab is in front of it. Only such a tab can be frozen. */
  async hide(): Promise<void> {
    await this.session.send('Target.createTarget', { url: 'about:blank' });
  }

  async become(state: 'frozen' | 'active'): Promise<void> {
    await this.ask('Page.setWebLifecycleState', { state });
  }

  async close(): Promise<void> {
    await this.session.send('Target.closeTarget', { targetId: this.targetId });
    await this.session.detach();
  }

  private async ask(method: string, params: object): Promise<Answer> {
    const id = (this.asked += 1);
    const answered = new Promise<Answer>((resolve) => this.waiting.set(id, resolve));
    const message = JSON.stringify({ id, method, params });
    const { sessionId } = this;
    await this.session.send('Target.sendMessageToTarget', { sessionId, message });
    const answer = await answered;
    this.waiting.delete(id);
    if (answer.error) throw new Error(`${method}: ${JSON.stringify(answer.error)}`);
    return answer;
  }
}
