import {
  equal,
  next,
  options,
  sleep,
  soon,
  until,
  type Behaviors,
  type World,
} from './behavior.js';

function clientOf(world: World) {
  return world.client.createClient({ ...options(world), use: [world.client.rooms()] });
}

/** A member, and all that it is told. */
async function member(world: World, path: '/chat/:room' | '/bare/:room', room: string) {
  const connection = clientOf(world).connect(path, { params: { room } });
  const told: unknown[] = [];
  const numbers: number[] = [];
  connection.on('joined', ({ room: name, resumed }) => told.push(['joined', name, resumed]));
  connection.on('gap', ({ room: name }) => told.push(['gap', name]));
  connection.on('left', ({ room: name, code }) => told.push(['left', name, code]));
  connection.on('message', (message, origin) => {
    numbers.push((message as { n: number }).n);
    told.push(['message', origin.room, typeof origin.position]);
  });
  await until(() => told.length === 1, 'it has joined');
  return { connection, told, numbers };
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

export const rooms: Behaviors = {
  'gives messages with their room and position': async (world) => {
    const { connection, told } = await member(world, '/chat/:room', 'é-1');
    await connection.send({ n: 1 });
    await until(() => told.length === 2, 'the message came');
    equal(told, [
      ['joined', 'chat/é-1', false],
      ['message', 'chat/é-1', 'string'],
    ]);
    connection.close();
  },

  'gets what it has missed, and is told of nothing missing': async (world) => {
    const { connection, told, numbers } = await member(world, '/chat/:room', 'missed');
    await world.control('broadcast', 'chat', 'missed', 1, 3);
    await until(() => numbers.length === 3, 'the first came');
    await world.control('cut');
    await world.control('broadcast', 'chat', 'missed', 4, 8);
    await world.control('mend');
    await until(() => numbers.length === 8, 'all came');
    equal(numbers, range(1, 8));
    equal(
      told.filter((each) => (each as string[])[0] !== 'message'),
      [
        ['joined', 'chat/missed', false],
        ['joined', 'chat/missed', true],
      ],
    );
    connection.close();
  },

  'is told of a gap where the history is lost': async (world) => {
    const { connection, told, numbers } = await member(world, '/chat/:room', 'gap');
    await world.control('broadcast', 'chat', 'gap', 1, 2);
    await until(() => numbers.length === 2, 'they came');
    await world.control('forget');
    await until(() => told.some((each) => (each as string[])[0] === 'gap'), 'it is told');
    await world.control('broadcast', 'chat', 'gap', 3, 3);
    await until(() => numbers.length === 3, 'the next came');
    connection.close();
  },

  'is told of a gap after a reconnect where a room keeps no history': async (world) => {
    const { connection, told } = await member(world, '/bare/:room', 'blue');
    await world.control('reset');
    await until(() => told.length === 3, 'it is back');
    equal(told, [
      ['joined', 'bare/blue', false],
      ['joined', 'bare/blue', false],
      ['gap', 'bare/blue'],
    ]);
    await connection.send({ n: 1 });
    await until(() => told.length === 4, 'the message came');
    equal(told[3], ['message', 'bare/blue', 'undefined']);
    connection.close();
  },

  'is told when it has to leave, and asks for that room no more': async (world) => {
    const { connection, told } = await member(world, '/chat/:room', 'left');
    await world.control('broadcast', 'chat', 'left', 1, 1);
    await world.control('leave', 'chat', 'left');
    await until(() => told.length === 3, 'it has left');
    equal(told[2], ['left', 'chat/left', 1000]);
    await world.control('reset');
    await until(() => told.length === 4, 'it has joined again');
    equal(told[3], ['joined', 'chat/left', false]);
    connection.close();
  },

  'gets 1,000 messages once and in order over 20 cuts at random': async (world) => {
    const { connection, told, numbers } = await member(world, '/chat/:room', 'cuts');
    let cuts = 0;
    const cutting = (async () => {
      for (; cuts < 20; cuts += 1) {
        await sleep(Math.random() * 120);
        await world.control('reset');
        const before = told.length;
        await until(
          () => told.slice(before).some((each) => (each as string[])[0] === 'joined'),
          'it is back',
        );
      }
    })();
    let sent = 0;
    while (sent < 1_000) {
      const step = Math.min(1_000, sent + (cuts < 20 ? 10 : 100));
      await world.control('broadcast', 'chat', 'cuts', sent + 1, step);
      sent = step;
      await sleep(10);
    }
    await soon(cutting, 'the cuts', 50_000);
    await until(() => numbers.length >= 1_000, 'all came');
    equal(numbers, range(1, 1_000));
    equal(told.filter((each) => (each as string[])[0] === 'gap').length, 0);
    connection.close();
  },

  'hands room messages on without rooms(), where it only calls': async (world) => {
    const client = world.client.createClient({ ...options(world), use: [world.client.calls()] });
    const connection = client.connect('/chat/:room', { params: { room: 'calls' } });
    await connection.send({ n: 7 });
    equal(await next(connection), { n: 7 });
    connection.close();
  },
};
