/** The output of a command, and the facts that the command knows about its surroundings. */
export interface Terminal {
  readonly folder: string;
  readonly isGitHub: boolean;
  /** Prints a line of the result. */
  print(line: string): void;
  /** Prints a line that is not part of the result. */
  warn(line: string): void;
}

/** Control characters, and characters that change the direction of text or end lines. */
export const HIDDEN = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/**
 * Makes text of a document safe as part of one line. Others write documents: a name must not begin another line, steer
 * the terminal, or give an order to GitHub's runner, which looks for `::` and `##[`.
 */
export function oneLine(text: string): string {
  return text.replaceAll(HIDDEN, '?').replaceAll('::', ': :').replaceAll('##[', '# #[');
}

/** Writes JSON that gives no such order either. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, undefined, 2)
    .replaceAll('##[', String.raw`\u0023#[`)
    .replaceAll(/[\p{Cf}\u007F-\u009F\u2028\u2029]/gu, numbered);
}

function numbered(character: string): string {
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  return units.map((unit) => String.raw`\u${unit.toString(16).padStart(4, '0')}`).join('');
}
