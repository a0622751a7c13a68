/** Made by: npx revali-ws client. Do not edit. */

/** The WebSocket routes of the server, by path. */
export interface Routes {
  '/board': {
    mode: 'twoWay';
    query: {
      name?: string;
    };
    receives: string;
  };
  '/events': {
    mode: 'twoWay';
    query: {
      name?: string;
    };
  };
}

/** What a client has to know of them at run time, where it is not the default. */
export const routes = {
  '/events': { type: 'event', body: 'data' },
} as const;
