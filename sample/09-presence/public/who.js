/** Calls `onChange` with a map of who is here at each change; the map is empty when the server does not know. */
export function watchPeople(ws, params, onChange) {
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
  const who = ws.connect('/boards/:board/who', { params });
  who.on('message', (event) => {
    receive[event.type](event);
    onChange(people);
  });
  who.on('close', () => {
    people.clear();
    onChange(people);
  });
  return who;
}
