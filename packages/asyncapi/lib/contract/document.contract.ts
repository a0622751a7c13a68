import type { AsyncApiDocument } from '../document/document.types.js';
import { addressPattern, loosenessOf } from './address.pattern.js';
import { ChannelContract } from './channel.contract.js';

/** The contract that a document describes. */
export interface DocumentContract {
  /**
   * Finds the channels of a path without its query. Versions and hosts can give an address several channels: a message
   * is allowed if one of them allows it. Empty if the document names none.
   */
  channelsOf(path: string): readonly ChannelContract[];
}

/**
 * Checks messages, close codes and refusals against an AsyncAPI document of `createAsyncApiDocument()`. Tests
 * use it through `connect(app, path, { contract: true })` of `nestjs-revali-ws/testing`.
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
