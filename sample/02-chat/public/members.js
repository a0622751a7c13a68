import { addNote, showMembers } from './view.js';

/** Shows who is here and who comes and goes, on a separate connection. */
export function watchMembers(ws, handshake, ownKey) {
  const names = new Map();
  const receive = {
    here({ present }) {
      names.clear();
      for (const { key, member } of present) names.set(key, member.name);
    },
    joined({ key, member }) {
      names.set(key, member.name);
      if (key !== ownKey) addNote(`${member.name} joined`);
    },
    left({ key, member }) {
      names.delete(key);
      if (key !== ownKey) addNote(`${member.name} left`);
    },
    updated({ key, member }) {
      names.set(key, member.name);
    },
    /** The server lost contact with the others, and sends `here` when it is back. */
    unknown() {
      names.clear();
    },
  };
  // Each connection starts with the full list, so there is nothing to resume.
  const who = ws.connect('/chat/:room/who', { ...handshake, headers: false });
  who.on('message', (event) => {
    receive[event.type](event);
    showMembers(names);
  });
  who.on('close', () => showMembers(new Map()));
  return who;
}
