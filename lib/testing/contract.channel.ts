/** What a channel of the document allows. Each check returns `undefined`, or the difference. */
export interface ContractChannel {
  received(message: string | Uint8Array): string | undefined;
  sent(message: string | Uint8Array): string | undefined;
  closed(code: number, reason: string): string | undefined;
  refused(status: number, body: unknown): string | undefined;
}
