import type { Extended, Extension, ExtensionHost } from './extension.js';
import { headers } from './headers.js';

/** Rooms that one handshake can go on with. */
const MAX_RESUMED = 64;
/** Servers refuse longer URLs for ever, and with them the connection. */
const MAX_LENGTH = 6_000;
const NONE = '-';

/**
 * Rooms of the server, for `createClient({ use: [rooms()] })`: a connection that was lost goes on in each room where it
 * was, and `on('gap')` tells where messages are missing.
 */
export const rooms = (): Extension => ({ framing: headers, extend });

function extend(host: ExtensionHost): Extended {
  /** By the name on the wire. `-` where the room keeps no history. */
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
        // Messages that are no part of the history have no position: the last one holds.
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

/** As the application named it. */
function nameOf(room: string): string {
  try {
    return decodeURIComponent(room);
  } catch {
    return room;
  }
}
