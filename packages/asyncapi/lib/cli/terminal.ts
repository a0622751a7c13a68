/** The output of a command, and what the command knows about its surroundings. */
export interface Terminal {
  readonly folder: string;
  readonly isGitHub: boolean;
  /** A line of the result. */
  print(line: string): void;
  /** A line of what goes on. */
  warn(line: string): void;
}

/** Control characters, and those that turn the direction of text or end lines. */
export const HIDDEN = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/**
 * Text of a document as part of one line. Documents are written by others: a name must not begin another line, steer the
 * terminal, or give an order to GitHub's runner, which looks for `::` and `##[`.
 */
export function oneLine(text: string): string {
  return text.replaceAll(HIDDEN, '?').replaceAll('::', ': :').replaceAll('##[', '# #[');
}

/** JSON that gives no such order either. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, undefined, 2)
    .replaceAll('##[', String.raw`\u0023#[`)
    .replaceAll(/[\p{Cf}\u007F-\u009F\u2028\u2029]/gu, numbered);
}

function numbered(character: string): string {
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  return units.map((unit) => String.raw`\u${unit.toString(16).padStart(4, '0')}`).join('');
}
