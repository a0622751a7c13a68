/** Made by: npx revali-ws client. Do not edit. */

/** The WebSocket routes of the server, by path. */
export interface Routes {
  '/chat/:room': {
    mode: 'twoWay';
    params: { room: string };
    receives: SayMessage | TypingMessage;
  };
  '/chat/:room/who': {
    mode: 'sendOnly';
    params: { room: string };
  };
}

/** What a client has to know of them at run time, where it is not the default. */
export const routes = {} as const;

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
