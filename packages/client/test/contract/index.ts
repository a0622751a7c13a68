import type { Behaviors } from './behavior.js';
import { calls } from './calls.behaviors.js';
import { comingBack } from './coming-back.behaviors.js';
import { credentials } from './credentials.behaviors.js';
import { ending } from './ending.behaviors.js';
import { rooms } from './rooms.behaviors.js';
import { sending } from './sending.behaviors.js';

/** What a client does on every runtime, by what is told of it. */
export const contract: Readonly<Record<string, Behaviors>> = {
  'comes back': comingBack,
  ends: ending,
  sends: sending,
  'has credentials': credentials,
  calls,
  'is in rooms': rooms,
};
