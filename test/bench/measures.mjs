import { compressed, compressedEcho } from './measures/compressed.mjs';
import { connections } from './measures/connections.mjs';
import { echo } from './measures/echo.mjs';
import { fanOut } from './measures/fan-out.mjs';
import { handshakes } from './measures/handshakes.mjs';
import { latency } from './measures/latency.mjs';
import { pacedHandshakes } from './measures/paced-handshakes.mjs';
import { compressedRoom, crowd } from './measures/rooms-alone.mjs';
import { bystander } from './measures/bystander.mjs';
import { heartbeats } from './measures/heartbeats.mjs';
import { many, memory } from './measures/memory.mjs';
import { siblings } from './measures/siblings.mjs';
import { storm } from './measures/storm.mjs';
import { memberships } from './measures/memberships.mjs';
import { resumeStorm } from './measures/resume-storm.mjs';
import { manyRooms, oneRoom, placement, redisCore } from './measures/room-broadcasts.mjs';
import { roomLatency } from './measures/room-latency.mjs';
import { routes } from './measures/routes.mjs';
import { startUp } from './measures/start-up.mjs';

/** In this order: the rate of `latency` comes from `echo`. */
export const measures = [
  echo,
  latency,
  handshakes,
  pacedHandshakes,
  fanOut,
  crowd,
  bystander,
  siblings,
  compressed,
  compressedEcho,
  compressedRoom,
  storm,
  memory,
  many,
  heartbeats,
  startUp,
  routes,
  connections,
];

/** Those that need a Redis. */
export const roomMeasures = [
  oneRoom,
  manyRooms,
  placement,
  redisCore,
  roomLatency,
  resumeStorm,
  memberships,
];
