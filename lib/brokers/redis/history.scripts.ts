import { CLOCK, RedisScript } from './redis.script.js';

/** Milliseconds that the newest position of a room is remembered after its history is gone. */
const META_AGE = 24 * 60 * 60 * 1_000;
/** Milliseconds that an id is remembered. */
const ID_AGE = 2 * 60 * 1_000;

/**
 * Keeps messages of one room and publishes them, as `offset tag prev packet` in both stream and channel. An entry's id
 * is `<offset>-<time in ms>`.
 *
 * `o`, `t` are the newest position, `n`, `a` the limits, `l` the time of the newest message; `co`, `ct` are an earlier
 * offset and its time, for expired messages: they are trimmed at the latest when twice their age has passed.
 *
 * Keys: meta, stream, then the id key of each message. Arguments: channel, tag for a room without position, messages,
 * age, window, then tag, packet, and whether it has an id, for each message. A window of 0 means that they are new.
 * Otherwise, they may have been accepted in the last `window` ms: messages that are found are not accepted again, and
 * if the history does not reach that far back, the answer is `?`. A message that the user may not publish is not kept.
 */
export const PUBLISH = new RedisScript(`${CLOCK}
local meta, stream, channel = KEYS[1], KEYS[2], ARGV[1]
local messages, age, window = ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local known = redis.call('HMGET', meta, 'o', 't', 'l', 'co', 'ct')
local offset, tag = tonumber(known[1] or '0'), known[2] or ARGV[2]
local last, checkOffset, checkTime = tonumber(known[3] or '0'), known[4] or '0', tonumber(known[5] or '0')
if not known[1] then redis.call('DEL', stream) end
local found = {}
local function search(start)
  local upper, oldest = '+', nil
  repeat
    local page = redis.call('XREVRANGE', stream, upper, '-', 'COUNT', 100)
    for _, entry in ipairs(page) do
      local at, time = string.match(entry[1], '^(%d+)-(%d+)$')
      if tonumber(time) < start then return true end
      local own = string.match(entry[2][2], '^%d+ (%x+) ')
      if own then found[own] = at .. ' ' .. own end
      oldest, upper = tonumber(at), '(' .. entry[1]
    end
  until #page < 100
  if oldest then return oldest == 1 end
  return offset == 0 or last < start
end
local isSure = window == 0 or search(now - window)
local answers, isChanged = {}, false
for index = 6, #ARGV, 3 do
  local own, packet, hasId = ARGV[index], ARGV[index + 1], ARGV[index + 2] == '1'
  local key = KEYS[2 + (index - 3) / 3]
  local answer = hasId and redis.call('GET', key) or found[own]
  if not answer and not isSure then answer = '?' end
  if not answer then
    offset = offset + 1
    local message = text(offset) .. ' ' .. own .. ' ' .. tag .. ' ' .. packet
    local id = text(offset) .. '-' .. text(now)
    redis.call('XADD', stream, 'MAXLEN', '~', messages, id, 'm', message)
    local told = redis.pcall('PUBLISH', channel, message)
    if type(told) == 'table' and told.err then
      redis.call('XDEL', stream, id)
      return told
    end
    tag, isChanged = own, true
    answer = text(offset) .. ' ' .. own
    if hasId then redis.call('SET', key, answer, 'PX', ${ID_AGE}) end
  end
  answers[#answers + 1] = answer
end
if isChanged then
  if now - checkTime >= age then
    if checkTime > 0 then redis.call('XTRIM', stream, 'MINID', '~', checkOffset) end
    checkOffset, checkTime = text(offset), now
  end
  redis.call('HSET', meta, 'o', text(offset), 't', tag, 'l', text(now), 'n', messages, 'a', ARGV[4],
    'co', checkOffset, 'ct', text(checkTime))
  redis.call('PEXPIRE', meta, text(${META_AGE} + age))
  redis.call('PEXPIRE', stream, ARGV[4])
end
return answers
`);

/**
 * Publishes a message with an id once. A message that may not be published leaves no id; otherwise, the next attempt
 * would be accepted without being delivered.
 *
 * Keys: that of the id. Arguments: channel, message.
 */
export const PUBLISH_ONCE = new RedisScript(`
if not redis.call('SET', KEYS[1], '-', 'NX', 'PX', ${ID_AGE}) then return 1 end
local told = redis.pcall('PUBLISH', ARGV[1], ARGV[2])
if type(told) == 'table' and told.err then redis.call('DEL', KEYS[1]) end
return told
`);

/** Returns the newest position of a room, and creates it if the room has none. */
const POSITION = `
local function position(meta, first)
  local known = redis.call('HMGET', meta, 'o', 't', 'n', 'a')
  if not known[1] then
    redis.call('HSET', meta, 'o', '0', 't', first)
    known = { '0', first, '0', '0' }
  end
  if redis.call('PTTL', meta) < ${META_AGE / 2} then redis.call('PEXPIRE', meta, ${META_AGE}) end
  return known
end
`;

/** Newest positions. Keys: metas. Arguments: a tag for each, in case it has none. */
export const POSITIONS = new RedisScript(`${POSITION}
local answers = {}
for index, meta in ipairs(KEYS) do
  local known = position(meta, ARGV[index])
  answers[index] = known[1] .. ' ' .. known[2]
end
return answers
`);

/**
 * Reads after an offset, or the newest messages: first the newest position, then id and message of each. Messages
 * beyond the limits are left out, even if they still exist.
 *
 * Keys: meta, stream. Arguments: a tag for a room without position, the offset or an empty string, how many.
 */
export const READ = new RedisScript(`${CLOCK}${POSITION}
local stream, limit = KEYS[2], tonumber(ARGV[3])
local known = position(KEYS[1], ARGV[1])
local answers = { known[1] .. ' ' .. known[2] }
local lowest = math.max(1, tonumber(known[1]) - tonumber(known[3] or '0') + 1)
local start = now - tonumber(known[4] or '0')
local function isKept(entry)
  return tonumber(string.match(entry[1], '%-(%d+)$')) > start
end
local function add(entry)
  answers[#answers + 1] = entry[1]
  answers[#answers + 1] = entry[2][2]
end
if limit < 1 then return answers end
if ARGV[2] == '' then
  local newest = redis.call('XREVRANGE', stream, '+', text(lowest), 'COUNT', limit)
  for index = #newest, 1, -1 do
    if isKept(newest[index]) then add(newest[index]) end
  end
  return answers
end
local lower = text(math.max(lowest, tonumber(ARGV[2]) + 1))
repeat
  local page = redis.call('XRANGE', stream, lower, '+', 'COUNT', limit)
  for _, entry in ipairs(page) do
    if isKept(entry) and #answers < 2 * limit then add(entry) end
    lower = '(' .. entry[1]
  end
until #page < limit or #answers > 2 * limit - 1
return answers
`);

export const HISTORY_SCRIPTS: readonly RedisScript[] = [PUBLISH, PUBLISH_ONCE, POSITIONS, READ];
