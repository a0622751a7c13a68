import type { Logger } from '@nestjs/common';
import { SparseLog } from '../sparse.log.js';

/** What a client sent is quoted, and cut. */
const MAX_QUOTED = 120;

/** Warns of refused origins: where the application's own page is refused, the page itself is told nothing. */
export class RefusalLog {
  private readonly lines: SparseLog;

  constructor(logger: Logger) {
    this.lines = new SparseLog((line) => logger.warn(line));
  }

  origin(origin: string | undefined, where: string): void {
    this.lines.add(() => {
      const quoted = quote((origin ?? '').slice(0, MAX_QUOTED));
      return `${where} refused the origin ${quoted}. Add it to the option "origins" to allow it.`;
    });
  }
}

/** In visible ASCII: `JSON.stringify()` leaves control characters above U+007F, which terminals obey. */
function quote(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
