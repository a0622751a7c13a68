import { hookBehaviours } from './hook-behaviours.js';
import { messageBehaviours } from './message-behaviours.js';
import type { Behaviour } from './run.js';
import { serverBehaviours } from './server-behaviours.js';

/** What gateways do, as Nest's own integration tests describe it, and what `RevaliWsAdapter` does beyond. */
export const behaviours: readonly Behaviour[] = [
  ...serverBehaviours,
  ...messageBehaviours,
  ...hookBehaviours,
];
