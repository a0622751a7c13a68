/** The bundle of the page. `scripts/explorer.mjs` writes the module. */
export interface ExplorerFile {
  readonly role: 'script' | 'style' | 'icon';
  /** The name includes a hash of the contents, so another build has other names. */
  readonly name: string;
  readonly type: string;
  readonly text: string;
}

export declare const files: readonly ExplorerFile[];
