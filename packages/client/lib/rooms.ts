import type { Extended, Extension, ExtensionHost } from './extension.js';
import { headers } from './headers.js';

/** Most rooms that one handshake can resume. */
const MAX_RESUMED = 64;
/** Servers would refuse a longer URL on every attempt, and the connection with it. */
const MAX_LENGTH = 6_000;
const NONE = '-';

/**
 * Resumes the server's rooms: `createClient({ use: [rooms()] })`. A connection that was lost continues in each of its
 * rooms, and `on('gap')` tells you where messages are missing.
 */
export const rooms = (): Extension => ({ framing: headers, extend });

function extend(host: ExtensionHost): Extended {
  /** Positions by the room's name on the wire: `-` if the room keeps no history. */
  const positions = new Map<string, string>();
  const tell = (event: 'joined' | 'gap', room: string, position: string, rest = {}): void =>
    host.emit(event, { room: nameOf(room), position: known(position), ...rest });
  const move = (room: string, position: string): void => {
    positions.delete(room);
    positions.set(room, position);
  };
  return {
    query() {
      const places = [...positions]
        .filter(([, position]) => position !== NONE)
        .map((place) => place.join('~'))
        .slice(-MAX_RESUMED);
      while (encodeURIComponent(places.join()).length > MAX_LENGTH) places.shift();
      return { resume: places.join() || undefined };
    },
    receive(header, payload) {
      const [kind, room = '', position = NONE, flag] = header.split(' ');
      if (kind === 'm') {
        // Messages outside the history have no position: keep the last one.
        if (position !== NONE) move(room, position);
        host.deliver(payload, { room: nameOf(room), position: known(position) });
      } else if (kind === 'j') {
        const isNew = !positions.has(room);
        const resumed = flag === '1';
        move(room, position);
        tell('joined', room, position, { resumed });
        if (!resumed && !isNew) tell('gap', room, position);
      } else if (kind === 'g') {
        move(room, position);
        tell('gap', room, position);
      } else if (kind === 'l') {
        positions.delete(room);
        host.emit('left', { room: nameOf(room), code: Number(position) });
      } else return false;
      return true;
    },
  };
}

const known = (position: string): string | undefined => (position === NONE ? undefined : position);

/** The name that the application gave the room. */
function nameOf(room: string): string {
  try {
    return decodeURIComponent(room);
  } catch {
    return room;
  }
}
