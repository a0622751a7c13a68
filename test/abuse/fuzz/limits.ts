/** What the fuzzed server is set to, and what is waited for. Milliseconds and bytes. */
export const HANDSHAKE_MS = 1_000;
export const CLOSE_MS = 500;
export const SHUTDOWN_MS = 3_000;
export const MAX_PAYLOAD = 16 * 1024;

/** Within this an answer has come, also where a middleware or a guard never ends and the machine is busy. */
export const ANSWER_MS = 10_000;
/** Within this after its client's end nothing of a sequence is left in the server. */
export const FREE_MS = 8_000;
