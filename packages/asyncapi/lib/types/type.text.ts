// Characters that end a line for TypeScript, or that readers do not see.
const HIDDEN = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** Writes the literal type of a value. */
export function literalType(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literalType).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(
      ([name, each]) => `${keyText(name)}: ${literalType(each)}`,
    );
    return members.length > 0 ? `{ ${members.join('; ')} }` : '{}';
  }
  return typeof value === 'string' ? quoted(value) : JSON.stringify(value);
}

/** Writes a text as a literal. Writes invisible characters as escapes. */
export function quoted(text: string): string {
  const inner = JSON.stringify(text)
    .slice(1, -1)
    .replaceAll(HIDDEN, escaped)
    .replaceAll(String.raw`\"`, '"');
  return `'${inner.replaceAll("'", String.raw`\'`)}'`;
}

/** Writes a name as a key of an object or a type. */
export function keyText(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name);
}

/** Writes the lines of a comment. No text can end it early. */
export function commentLines(texts: readonly (string | undefined)[]): string[] {
  const lines = texts
    .filter((text) => text !== undefined)
    .flatMap((text) => text.split(/\r\n?|[\n\u2028\u2029]/))
    .map((line) =>
      line
        .replaceAll(HIDDEN, ' ')
        .replaceAll('*/', String.raw`*\/`)
        .trimEnd(),
    );
  while (lines.at(-1) === '') lines.pop();
  while (lines[0] === '') lines.shift();
  if (lines.length === 0) return [];
  if (lines.length === 1) return [`/** ${lines[0]} */`];
  return ['/**', ...lines.map((line) => ` * ${line}`.trimEnd()), ' */'];
}

function escaped(character: string): string {
  return [...Array(character.length).keys()]
    .map((index) => String.raw`\u` + character.charCodeAt(index).toString(16).padStart(4, '0'))
    .join('');
}

export function indented(lines: readonly string[]): string[] {
  return lines.map((line) => (line === '' ? '' : `  ${line}`));
}
