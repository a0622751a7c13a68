/** As in docs/resume.md: after these, another attempt would end the same way. */
const FINAL = new Set([1000, 4400, 4401, 4403, 4404]);

/**
 * A connection that resumes automatically: after a reconnect to any node, it gets what it missed.
 *
 * @param url The WebSocket's URL.
 * @param on `message(payload, room)`, `start(room)` when it starts as a newcomer, `gap(room)`, `lost()`, `end(reason)`.
 */
export function openRooms(url, on) {
  const positions = new Map();
  let [socket, timer, attempts, isOver] = [undefined, undefined, 0, false];

  function connect() {
    const target = new URL(url);
    const resume = [...positions].map(([room, position]) => `${room}~${position}`);
    if (resume.length > 0) target.searchParams.set('resume', resume.join(','));
    socket = new WebSocket(target, 'revali.v1');
    socket.addEventListener('message', ({ data }) => {
      const line = data.indexOf('\n');
      if (!isOver) receive(data.slice(0, line), data.slice(line + 1));
    });
    socket.addEventListener('close', ({ code, reason }) => {
      if (isOver) return;
      if (FINAL.has(code)) end(reason);
      else comeBack();
    });
  }

  function comeBack() {
    on.lost();
    const ceiling = Math.min(30_000, 1_000 * 2 ** attempts);
    attempts += 1;
    timer = setTimeout(connect, Math.random() * ceiling); // spreads a crowd of clients
  }

  function receive(header, payload) {
    const [kind, room, position, flag] = header.split(' ');
    attempts = 0;
    if (kind === '') on.message(JSON.parse(payload));
    if (kind === 'm') on.message(JSON.parse(payload), room);
    if (kind === 'j' && flag === '0') on.start(room);
    if (kind === 'g') on.gap(room);
    if (kind === 'l') positions.delete(room);
    else if (room && position !== '-') positions.set(room, position);
  }

  function end(reason) {
    isOver = true;
    clearTimeout(timer);
    socket.close(1000, 'Left');
    on.end(reason);
  }

  connect();
  return {
    send(message) {
      if (socket.readyState === WebSocket.OPEN) socket.send(`\n${JSON.stringify(message)}`);
    },
    close: () => end(''),
  };
}
