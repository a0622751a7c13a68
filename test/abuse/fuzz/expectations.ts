/** What the server may answer to one request. */
export interface Answer {
  /** The request, for the eyes. */
  readonly label: string;
  /** The body, where one is named, is that of the first. */
  readonly statuses: readonly number[];
  readonly body?: string;
  readonly isHead?: boolean;
  /** Its body ends with the connection: when the client leaves, or when the server has enough as well. */
  readonly endless?: 'until the client leaves' | 'until the server ends it';
  /** Of no use as a request: its answer may be missing, may come at once, and is the last. */
  readonly isBroken?: boolean;
  /** The connection may end without it: an upgrade that would have to wait for earlier responses. */
  readonly mayBeDropped?: boolean;
  /** Node closes after it, and what it has not read by then makes a reset of that, which may overtake answers. */
  readonly closes?: boolean;
  /** For an upgrade that may come about. */
  readonly opening?: Opening;
}

/** What a 101 has to say. */
export interface Opening {
  /** `Sec-WebSocket-Key` of the request. */
  readonly key: string;
  readonly protocol?: string;
  /** The close codes of a socket that is opened to be refused: nothing else comes on it. */
  readonly refusal?: readonly number[];
}

export interface Message {
  readonly isBinary: boolean;
  readonly payload: Buffer;
}

/** What the server sends on an open WebSocket, in this order; pongs come in between. */
export interface FrameExpectation {
  readonly messages?: readonly Message[];
  /** Messages without end, each made of its index. */
  readonly endless?: (index: number) => Message;
  /** Payloads of pings, of which the server may leave out the older. */
  readonly pongs?: readonly Buffer[];
  readonly close?: ExpectedClose;
}

export interface ExpectedClose {
  readonly codes: readonly number[];
  /** The messages before it may be missing. */
  readonly isLossy: boolean;
}

export const textMessage = (text: string): Message => ({
  isBinary: false,
  payload: Buffer.from(text),
});

export const binaryMessage = (content: string | Buffer): Message => ({
  isBinary: true,
  payload: Buffer.from(content),
});
