/** Made by: npx revali-ws client. Do not edit. */

/** The WebSocket routes of the server, by path. */
export interface Routes {
  '/poll': {
    mode: 'twoWay';
    receives: string;
    sends: PollViewMessage;
    closes: 1007;
    calls: {
      '': { body: string; result: PollViewMessage };
    };
  };
}

/** Settings that clients need at run time, if they differ from the default. */
export const routes = {} as const;

export interface PollViewMessage {
  requestId: string;
  voter: string;
  mine?: 'Soup' | 'Salad' | 'Dumplings' | 'Curry';
  votes: {
    [name: string]: number;
  };
}
