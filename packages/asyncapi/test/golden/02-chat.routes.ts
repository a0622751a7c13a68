/** Made by: npx revali-ws client. Do not edit. */

/** The WebSocket routes of the server, by path. */
export interface Routes {
  '/chat/:room': {
    mode: 'twoWay';
    params: { room: string };
    receives: SayMessage | TypingMessage;
    sends: WelcomeMessage | SaidMessage | IsTypingMessage | WebSocketErrorMessage;
    closes: 4400;
  };
  '/chat/:room/who': {
    mode: 'sendOnly';
    params: { room: string };
  };
}

/** Settings that clients need at run time, if they differ from the default. */
export const routes = {} as const;

export interface IsTypingMessage {
  type: 'typing';
  name: string;
}

export interface SaidMessage {
  type: 'said';
  from: {
    key: string;
    name: string;
  };
  text: string;
  at: string;
}

export interface Say {
  type: 'say';
  text: string;
}

export type SayMessage = {
  type: 'say';
} & Say;

export interface Typing {
  type: 'typing';
}

export type TypingMessage = {
  type: 'typing';
} & Typing;

export interface WebSocketErrorMessage {
  error: {
    statusCode?: number;
    message?: unknown;
  };
}

export interface WelcomeMessage {
  type: 'welcome';
  you: {
    key: string;
    name: string;
  };
}
