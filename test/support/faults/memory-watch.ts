import { collectGarbage } from './garbage.js';

/** How much more memory is held than when it was looked at first, in bytes. */
export class MemoryWatch {
  private readonly samples: number[] = [];

  get growth(): number {
    const [first = 0] = this.samples;
    return (this.samples.at(-1) ?? 0) - first;
  }

  sample(): void {
    collectGarbage();
    collectGarbage();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    this.samples.push(heapUsed + arrayBuffers);
  }
}
