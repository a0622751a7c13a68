import { getEventListeners } from 'node:events';

/** Above this number, unused signals are removed. */
const MIN_KEPT = 64;

/**
 * Keeps signals of finished calls for the end of their connection. A signal with listeners is held strongly, because
 * nothing else may hold it; any other lives as long as its holder keeps it.
 */
export class KeptSignals {
  private readonly heard = new Set<AbortController>();
  private readonly known = new Set<WeakRef<AbortSignal>>();
  private readonly abortions = new WeakMap<AbortSignal, AbortController>();
  private limit = MIN_KEPT;

  keep(abortion: AbortController): void {
    this.place(abortion);
    if (this.heard.size + this.known.size >= this.limit) this.tidy();
  }

  abort(): void {
    for (const abortion of this.heard) abortion.abort();
    for (const reference of this.known) this.abortionOf(reference)?.abort();
    this.heard.clear();
    this.known.clear();
  }

  private place(abortion: AbortController): void {
    const { signal } = abortion;
    if (isHeard(signal)) {
      this.heard.add(abortion);
      return;
    }
    this.abortions.set(signal, abortion);
    this.known.add(new WeakRef(signal));
  }

  /** Listeners come and go. */
  private tidy(): void {
    const kept = [...this.heard];
    for (const reference of this.known) {
      const abortion = this.abortionOf(reference);
      if (abortion) kept.push(abortion);
    }
    this.heard.clear();
    this.known.clear();
    for (const abortion of kept) this.place(abortion);
    this.limit = Math.max(MIN_KEPT, 2 * kept.length);
  }

  private abortionOf(reference: WeakRef<AbortSignal>): AbortController | undefined {
    const signal = reference.deref();
    return signal && this.abortions.get(signal);
  }
}

function isHeard(signal: AbortSignal): boolean {
  return signal.onabort !== null || getEventListeners(signal, 'abort').length > 0;
}
