/** A map as `revali-ws client` writes it: what the other files try. */
export interface Say {
  readonly type: 'say';
  readonly text: string;
}

export interface Said {
  readonly type: 'said';
  readonly text: string;
}

export interface Welcome {
  readonly type: 'welcome';
  readonly you: string;
}

export interface Routes {
  readonly '/chat/:room': {
    readonly mode: 'twoWay';
    readonly params: { readonly room: string };
    readonly query: { readonly name: string; readonly since?: number };
    readonly receives: Say;
    readonly sends: Said | Welcome;
    readonly closes: 4001 | 4002;
    readonly calls: {
      readonly say: { readonly body: { readonly text: string }; readonly result: { id: number } };
      readonly who: { readonly result: string[] };
      readonly leave: { readonly body?: { readonly why: string } };
    };
    readonly streams: {
      readonly history: { readonly body: { readonly last: number }; readonly result: Said };
    };
  };
  readonly '/feed': {
    readonly mode: 'sendOnly';
    readonly query: { readonly since?: number };
    readonly sends: { readonly id: number };
  };
  readonly '/sink': { readonly mode: 'receiveOnly'; readonly receives: Say };
  readonly '/files/*path': { readonly params: { readonly path: readonly string[] } };
}
