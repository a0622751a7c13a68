/** Made by: npx revali-ws client. Do not edit. */

/** The WebSocket routes of the server, by path. */
export interface Routes {
  '/uploads/:id/content': {
    mode: 'receiveOnly';
    params: { id: string };
    receives: ArrayBuffer | ArrayBufferView;
    closes: 4404 | 4409 | 4413 | 4499;
  };
  '/uploads/progress': {
    mode: 'sendOnly';
    query: {
      size: number;
    };
    sends: ProgressMessage;
    closes: 1007 | 4413 | 4499;
  };
}

/** Settings that clients need at run time, if they differ from the default. */
export const routes = {} as const;

export interface ProgressMessage {
  id: string;
  received: number;
  sha256?: string;
}
