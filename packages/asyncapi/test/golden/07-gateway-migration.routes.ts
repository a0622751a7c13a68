/** Made by: npx revali-ws client. Do not edit. */

/** The WebSocket routes of the server, by path. */
export interface Routes {
  '/board': {
    mode: 'twoWay';
    query: {
      name?: string;
    };
    receives: string;
    sends: NoticeMessage | PeopleMessage | WebSocketErrorMessage;
    calls: {
      '': { body: string; result: NoticeMessage | PeopleMessage };
    };
  };
  '/events': {
    mode: 'twoWay';
    query: {
      name?: string;
    };
    sends: EventMessage;
  };
}

/** Settings that clients need at run time, if they differ from the default. */
export const routes = {
  '/events': { type: 'event', body: 'data' },
} as const;

export interface EventMessage {
  event: 'notice' | 'people' | 'exception';
  data: unknown;
}

export interface NoticeMessage {
  author: string;
  text: string;
}

export interface PeopleMessage {
  people: number;
}

export interface WebSocketErrorMessage {
  error: {
    statusCode?: number;
    message?: unknown;
  };
}
