import type { Logger } from '@nestjs/common';

/** Milliseconds between two lines: clients decide how often they are refused. */
const INTERVAL = 10_000;
/** What a client sent is quoted, and cut. */
const MAX_QUOTED = 120;

/** Warns of refused origins, at most one line in ten seconds however many there are. */
export class RefusalLog {
  private nextLineAt = 0;
  private suppressed = 0;

  constructor(private readonly logger: Logger) {}

  origin(origin: string | undefined, where: string): void {
    const now = Date.now();
    if (now < this.nextLineAt) {
      this.suppressed += 1;
      return;
    }
    const more =
      this.suppressed > 0 ? ` (and ${this.suppressed} more refusals since the last line)` : '';
    this.nextLineAt = now + INTERVAL;
    this.suppressed = 0;
    const quoted = quote((origin ?? '').slice(0, MAX_QUOTED));
    this.logger.warn(
      `${where} refused the origin ${quoted}. Add it to the option "origins" to allow it${more}.`,
    );
  }
}

/** In visible ASCII: `JSON.stringify()` leaves control characters above U+007F, which terminals obey. */
function quote(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
