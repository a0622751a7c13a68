import type { WebSocketMode } from '../options/revali-ws.options.js';
import { CallLoop } from './call.loop.js';
import type { LoopLimits } from './loop.limits.js';
import type { MessageHandler } from './message.handler.js';
import { MessageLoop, type LoopParts, type LoopPeer } from './message.loop.js';

/** What the loops of one route share. */
interface LoopSetting extends Pick<LoopParts, 'turns'> {
  readonly loopLimits: LoopLimits;
  /** Whether each message has a header before it. */
  readonly hasCalls: boolean;
  readonly options: { readonly mode: `${WebSocketMode}` };
}

export function createLoop(
  peer: LoopPeer,
  handler: MessageHandler,
  { turns, loopLimits, hasCalls, options }: LoopSetting,
): MessageLoop {
  const parts = { handler, turns };
  return hasCalls
    ? new CallLoop(peer, parts, loopLimits, options.mode !== 'sendOnly')
    : new MessageLoop(peer, parts, loopLimits);
}
