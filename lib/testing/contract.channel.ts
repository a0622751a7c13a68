/** What a channel of the document allows: `undefined`, or how it differs. */
export interface ContractChannel {
  received(message: string | Uint8Array): string | undefined;
  sent(message: string | Uint8Array): string | undefined;
  closed(code: number, reason: string): string | undefined;
  refused(status: number, body: unknown): string | undefined;
}
