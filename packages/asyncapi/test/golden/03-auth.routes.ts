/** Made by: npx revali-ws client. Do not edit. */

/** The WebSocket routes of the server, by path. */
export interface Routes {
  '/live/admin': {
    mode: 'twoWay';
    sends: string;
    closes: 4401 | 4403;
    calls: {
      '': { body: unknown; result: string };
    };
  };
  '/live/member': {
    mode: 'twoWay';
    receives: string;
    sends: string;
    closes: 4401 | 4403;
    calls: {
      '': { body: string; result: string };
    };
  };
}

/** Settings that clients need at run time, if they differ from the default. */
export const routes = {} as const;
