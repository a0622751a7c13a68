export type Bytes = Uint8Array<ArrayBuffer>;

/** The content of one message. */
export type Payload = string | Bytes;

/** Reads pairs of hex digits, with any spaces between them. `undefined` if the text contains anything else. */
export function ofHex(text: string): Bytes | undefined {
  const digits = text.replaceAll(/\s+|0x/gi, '');
  if (digits.length % 2 === 1 || /[^\da-f]/i.test(digits)) return undefined;
  const pairs = digits.match(/../g) ?? [];
  return Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16));
}

/** Reads both alphabets of base64. */
export function ofBase64(text: string): Bytes | undefined {
  const plain = text.replaceAll(/\s+/g, '').replaceAll('-', '+').replaceAll('_', '/');
  try {
    return Uint8Array.from(atob(plain), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

export function toBase64(bytes: Bytes): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

export function toHex(bytes: Bytes): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

/** Writes rows of 16 bytes: the offset, the hex digits, and the ASCII characters. */
export function hexDump(bytes: Bytes, most = 4096): string {
  const rows: string[] = [];
  const shown = bytes.subarray(0, most);
  for (let at = 0; at < shown.length; at += 16) {
    const row = shown.subarray(at, at + 16);
    const ascii = Array.from(row, (byte) =>
      byte > 31 && byte < 127 ? String.fromCharCode(byte) : '·',
    );
    rows.push(`${at.toString(16).padStart(6, '0')}  ${toHex(row).padEnd(47)}  ${ascii.join('')}`);
  }
  if (bytes.length > most) rows.push(`and ${bytes.length - most} bytes more`);
  return rows.join('\n');
}

const encoder = new TextEncoder();

/** The size in bytes. */
export function sizeOf(payload: Payload): number {
  return typeof payload === 'string' ? encoder.encode(payload).length : payload.length;
}

export function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1_048_576) return `${(bytes / 1024).toFixed(1)} KiB`;
  return `${(bytes / 1_048_576).toFixed(1)} MiB`;
}
