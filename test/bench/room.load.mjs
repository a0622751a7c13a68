// Rooms of many nodes, with members that only listen, and broadcasts made in the servers' process.

/** The same in each run. */
function randomOf(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >> 8) % below;
  };
}

/**
 * @param isPlaced Whether all members of a room are on one node, as a load balancer does that hashes paths.
 * @param isOnEach Whether members take the nodes in turn.
 * @returns Where each member is, and the node that broadcasts to each room: that of its first member.
 */
export function layOut({ rooms, members, nodes, isPlaced = false, isOnEach = false }) {
  const random = randomOf(19);
  const seats = [];
  const places = [];
  for (let index = 0; index < rooms; index += 1) {
    const room = `r${index}`;
    for (let member = 0; member < members; member += 1) {
      const node = isPlaced ? index % nodes : isOnEach ? member % nodes : random(nodes);
      if (member === 0) places.push({ node, room });
      seats.push({ node, room });
    }
  }
  return { seats, places };
}

export const targetsOf = (seats, { port, pathOf }) =>
  seats.map(({ node, room }) => ({ port: port[node], path: pathOf(room) }));

/** @returns What a broadcast and a delivery cost: CPU time in microseconds. */
export async function costOfBroadcasts({ server, client, redis, target }, subject, load) {
  const { seats, places } = layOut(load);
  const { members, count, warmUp, rate } = load;
  const { kind, pathOf, wire } = subject;
  await client.ask({ command: 'listen', targets: targetsOf(seats, { ...target, pathOf }), wire });
  const broadcast = { command: 'broadcast', kind, places };
  await server.ask({ ...broadcast, count: warmUp, rate });
  await client.ask({ command: 'told', count: warmUp * members });
  const before = await usages({ server, client, redis });
  await server.ask({ ...broadcast, count, rate });
  await client.ask({ command: 'told', count: (warmUp + count) * members });
  const after = await usages({ server, client, redis });
  const used = (who) => ((after[who] - before[who]) * 1000) / count;
  return {
    server: used('server'),
    delivery: used('server') / members,
    redis: used('redis'),
    client: used('client'),
  };
}

async function usages({ server, client, redis }) {
  const [ofServer, ofClient] = [await server.ask('usage'), await client.ask({ command: 'usage' })];
  return { server: ofServer.cpuMs, client: ofClient.cpuMs, redis: await redis.cpuMs() };
}
