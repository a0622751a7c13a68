import type { AsyncApiDocument } from '../document/document.types.js';
import { addressPattern, loosenessOf } from './address.pattern.js';
import { ChannelContract } from './channel.contract.js';

/** What a document allows. */
export interface DocumentContract {
  /**
   * The channels of a path, without its query. Versions and hosts give several of one address; what one of them allows
   * is allowed. Empty where the document names none.
   */
  channelsOf(path: string): readonly ChannelContract[];
}

/**
 * Checks messages, close codes and refusals against an AsyncAPI document that `createAsyncApiDocument()` has made. It is
 * what `connect(app, path, { contract: true })` of `nestjs-revali-ws/testing` asks.
 *
 * @example
 * ```ts
 * const [channel] = documentContract(document).channelsOf('/chat/blue');
 * channel?.sent('{"type":"welcome"}'); // undefined, or how it differs
 * ```
 */
export function documentContract(document: AsyncApiDocument): DocumentContract {
  const channels = Object.entries(document.channels).map(([id, channel]) => ({
    contract: new ChannelContract(id, channel, document),
    pattern: addressPattern(channel),
    looseness: loosenessOf(channel),
  }));
  return {
    channelsOf(path) {
      const found = channels.filter(({ pattern }) => pattern.test(path));
      const least = Math.min(...found.map(({ looseness }) => looseness));
      return found.filter((each) => each.looseness === least).map(({ contract }) => contract);
    },
  };
}
