import { CLOCK, RedisScript } from './redis.script.js';

/**
 * The lease of a node is its score in a sorted set: the time at which it ends. A node has a set of its rooms, a room
 * has a hash of its nodes (`<change> <count>`), and each pair of node and room has a hash of connections.
 *
 * The first arguments of every script are the prefixes for the rooms of a node, the nodes of a room, and connections,
 * then the channel of nodes that are gone. The key: leases.
 */
const PRESENCE = `${CLOCK}
local leases = KEYS[1]
local function roomsOf(node) return ARGV[1] .. node end
local function nodesOf(room) return ARGV[2] .. room end
local function membersOf(node, room) return ARGV[3] .. #node .. ':' .. node .. ':' .. room end
local function isAlive(node)
  local ends = redis.call('ZSCORE', leases, node)
  return ends and tonumber(ends) > now
end
local function forget(node)
  for _, room in ipairs(redis.call('SMEMBERS', roomsOf(node))) do
    redis.call('HDEL', nodesOf(room), node)
    redis.call('UNLINK', membersOf(node, room))
  end
  redis.call('DEL', roomsOf(node))
  if redis.call('ZREM', leases, node) == 1 then redis.call('PUBLISH', ARGV[4], node) end
end
local function stateOf(node, room)
  local state = redis.call('HGET', nodesOf(room), node)
  if not state then return '0', '0' end
  return string.match(state, '^(%S+) (%S+)$')
end
local function keep(node, room, change, count)
  if count == '0' and redis.call('HLEN', membersOf(node, room)) == 0 then
    redis.call('HDEL', nodesOf(room), node)
    redis.call('SREM', roomsOf(node), room)
  else
    redis.call('HSET', nodesOf(room), node, change .. ' ' .. count)
    redis.call('SADD', roomsOf(node), room)
  end
end
`;

/** Arguments: node, ms. Answers 1 if the lease was held. An expired lease ends first, with all its data. */
export const RENEW = new RedisScript(`${PRESENCE}
local node = ARGV[5]
local wasHeld = isAlive(node)
if not wasHeld then forget(node) end
redis.call('ZADD', leases, text(now + tonumber(ARGV[6])), node)
return wasHeld and 1 or 0
`);

/**
 * Arguments: node, then room, change, connection, member, and whether there is one, for each change. Data of a node
 * without a lease would never be read, and never be deleted: it is not kept.
 */
export const WRITE = new RedisScript(`${PRESENCE}
local node, changes = ARGV[5], {}
if not isAlive(node) then return 0 end
for index = 6, #ARGV, 5 do
  local room = ARGV[index]
  changes[room] = ARGV[index + 1]
  if ARGV[index + 4] == '1' then
    redis.call('HSET', membersOf(node, room), ARGV[index + 2], ARGV[index + 3])
  else
    redis.call('HDEL', membersOf(node, room), ARGV[index + 2])
  end
end
for room, change in pairs(changes) do
  local _, count = stateOf(node, room)
  keep(node, room, change, count)
end
return 1
`);

/** Arguments: node, room, connections. */
export const WRITE_COUNT = new RedisScript(`${PRESENCE}
local node, room = ARGV[5], ARGV[6]
if not isAlive(node) then return 0 end
local change = stateOf(node, room)
keep(node, room, change, ARGV[7])
return 1
`);

/** Arguments: room. Answers with node, change, count, and the connections with their members, for each live node. */
export const READ_ROOM = new RedisScript(`${PRESENCE}
local room, answers = ARGV[5], {}
for _, node in ipairs(redis.call('HKEYS', nodesOf(room))) do
  if isAlive(node) then
    local change, count = stateOf(node, room)
    answers[#answers + 1] = { node, change, count, redis.call('HGETALL', membersOf(node, room)) }
  end
end
return answers
`);

/** Arguments: room. Answers with the connections of live nodes. */
export const COUNT_ROOM = new RedisScript(`${PRESENCE}
local room, sum = ARGV[5], 0
for _, node in ipairs(redis.call('HKEYS', nodesOf(room))) do
  if isAlive(node) then
    local _, count = stateOf(node, room)
    sum = sum + tonumber(count) + redis.call('HLEN', membersOf(node, room))
  end
end
return text(sum)
`);

/** Arguments: node. */
export const LEAVE = new RedisScript(`${PRESENCE}
forget(ARGV[5])
return 1
`);

/** Removes nodes with expired leases. Scripts run one at a time, so no two applications find the same node. */
export const REAP = new RedisScript(`${PRESENCE}
for _, node in ipairs(redis.call('ZRANGEBYSCORE', leases, '-inf', text(now), 'LIMIT', 0, 100)) do forget(node) end
return 1
`);

export const PRESENCE_SCRIPTS: readonly RedisScript[] = [
  RENEW,
  WRITE,
  WRITE_COUNT,
  READ_ROOM,
  COUNT_ROOM,
  LEAVE,
  REAP,
];
