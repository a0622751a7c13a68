/** Made by: npx revali-ws client. Do not edit. */

/** The WebSocket routes of the server, by path. */
export interface Routes {
  '/boards/:board': {
    mode: 'twoWay';
    params: { board: string };
    receives: MoveMessage | HideMessage | RenameMessage;
    sends: MovedMessage | GoneMessage | WebSocketErrorMessage;
  };
  '/boards/:board/who': {
    mode: 'sendOnly';
    params: { board: string };
  };
}

/** Settings that clients need at run time, if they differ from the default. */
export const routes = {} as const;

export interface GoneMessage {
  type: 'gone';
  key: string;
}

export interface Hide {
  type: 'hide';
}

export type HideMessage = {
  type: 'hide';
} & Hide;

export interface Move {
  type: 'move';
  x: number;
  y: number;
}

export type MoveMessage = {
  type: 'move';
} & Move;

export interface MovedMessage {
  type: 'moved';
  key: string;
  x: number;
  y: number;
}

export interface Rename {
  type: 'rename';
  name: string;
}

export type RenameMessage = {
  type: 'rename';
} & Rename;

export interface WebSocketErrorMessage {
  error: {
    statusCode?: number;
    message?: unknown;
  };
}
