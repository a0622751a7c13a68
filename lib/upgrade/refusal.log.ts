import type { Logger } from '@nestjs/common';
import { SparseLog } from '../sparse.log.js';
import type { OriginRule } from './origin.policy.js';

/** What a client sent is quoted, and cut. */
const MAX_QUOTED = 120;

/** Warns of refused origins: where the application's own page is refused, the page itself is told nothing. */
export class RefusalLog {
  private readonly lines: SparseLog;

  constructor(logger: Logger) {
    this.lines = new SparseLog((line) => logger.warn(line));
  }

  origin(origin: string | undefined, where: string, rule: OriginRule): void {
    this.lines.add(() => {
      const sent = origin ?? '';
      return `${where} refused the origin ${quote(sent)}. ${rule.adviceOn(sent)}`;
    });
  }
}

/** In visible ASCII: `JSON.stringify()` leaves control characters above U+007F, which terminals obey. */
function quote(text: string): string {
  const quoted = JSON.stringify(text.slice(0, MAX_QUOTED)).replaceAll(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return text.length > MAX_QUOTED ? `${quoted}... (${text.length} characters)` : quoted;
}
