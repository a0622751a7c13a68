/** Made by: npx revali-ws client. Do not edit. */

/** The WebSocket routes of the server, by path. */
export interface Routes {
  '/uploads/:id/content': {
    mode: 'receiveOnly';
    params: { id: string };
    receives: ArrayBuffer | ArrayBufferView;
  };
  '/uploads/progress': {
    mode: 'sendOnly';
    query: {
      size: number;
    };
  };
}

/** What a client has to know of them at run time, where it is not the default. */
export const routes = {} as const;
