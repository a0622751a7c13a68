/** A map of who is here, told anew at each change; `unknown` where the server does not know. */
export function watchPeople(url, onChange) {
  const people = new Map();
  const put = ({ key, member }) => people.set(key, member);
  const receive = {
    here({ present }) {
      people.clear();
      present.forEach(put);
    },
    joined: put,
    updated: put,
    left: ({ key }) => people.delete(key),
    unknown: () => people.clear(),
  };
  const socket = new WebSocket(url);
  socket.addEventListener('message', ({ data }) => {
    const event = JSON.parse(data);
    receive[event.type](event);
    onChange(people);
  });
  return socket;
}
