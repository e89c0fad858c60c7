-- Appends events to the output stream of a dispatch, all in order, or up to the first that is refused.
--
-- Guarantees: seq is 1, 2, 3, ... without a gap, and is the entry's id (<seq>-0); an event that its producer numbers is appended
-- once, however often it is sent; a turn opens once, ends once and takes no event before or after (usage may name no turn at all);
-- nothing follows 'end', and 'end' comes only when no turn is open; a producer that numbers its events, so a worker, writes no more
-- bytes than its budget, not counting the ends of its turns and what landed, but for a reserve that only its phases, rejections and errors may use; in a
-- full memory there is room for ends and for facts of the trusted side, which are small and few, so that every turn can end.
--
-- KEYS  1 stream, 2 its state (hash: seq, open, ended, bytes, t:<turn> = seq of its acceptance or 'done',
--       p:<producer> = number of its last event)
-- ARGV  1 producer ('' where events are not numbered), 2 number of the first event, 3 how many entries to keep (about),
--       4 milliseconds to keep both keys after 'end', 5 milliseconds to keep them after any other event,
--       6 the budget in bytes, 7 the reserve in bytes,
--       then for each event: type, turn ('' for none), JSON object without seq
-- Returns { seq of the last entry appended now or before, number of the producer's last event, rule that refused or '' }
local producer, number = ARGV[1], tonumber(ARGV[2])
local last = producer ~= '' and tonumber(redis.call('HGET', KEYS[2], 'p:' .. producer) or '0') or 0
local seq = tonumber(redis.call('HGET', KEYS[2], 'seq') or '0')
local refused, ended = '', redis.call('HEXISTS', KEYS[2], 'ended') == 1

local bytes = tonumber(redis.call('HGET', KEYS[2], 'bytes') or '0')
local budget, reserve = tonumber(ARGV[6]), tonumber(ARGV[7])
-- Every turn ends, and what landed is told: no worker writes commits and proposals.
local free = { ['turn-complete'] = true, commit = true, proposal = true }
local brief = { phase = true, rejected = true, error = true }

local function refuses(kind, turn, size)
  if ended then return 'dispatch-ended' end
  if kind == 'end' then
    return tonumber(redis.call('HGET', KEYS[2], 'open') or '0') > 0 and 'turns-open' or nil
  end
  local state = redis.call('HGET', KEYS[2], 't:' .. turn)
  if kind == 'turn-accepted' then return state and 'turn-exists' or nil end
  if turn == '' and kind == 'usage' then return nil end
  if not state then return 'turn-unknown' end
  if state == 'done' then return 'turn-closed' end
  if producer == '' or free[kind] then return nil end
  return bytes + size > budget + (brief[kind] and reserve or 0) and 'stream-full' or nil
end

-- Where memory is full, Redis refuses a script's first write if that takes memory, and no later one.
local facts = { commit = true, proposal = true, usage = true, error = true, ['turn-complete'] = true, ['end'] = true }
local has_room = true
for at = 8, #ARGV, 3 do
  local ends_below = ARGV[at] == 'turn-accepted' and at + 3 < #ARGV
  has_room = has_room and (facts[ARGV[at]] or ends_below)
end
if has_room then redis.call('PEXPIRE', KEYS[2], ARGV[5]) end

if producer ~= '' and number > last + 1 then refused = 'events-missing' end

local i = 8
while refused == '' and i <= #ARGV do
  local kind, turn, json = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  if producer == '' or number > last then
    local rule = refuses(kind, turn, #json)
    if rule then refused = rule break end
    seq = redis.call('HINCRBY', KEYS[2], 'seq', 1)
    redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[3], seq .. '-0', 't', kind, 'u', turn, 'e', '{"seq":' .. seq .. ',' .. string.sub(json, 2))
    if kind == 'turn-accepted' then
      redis.call('HSET', KEYS[2], 't:' .. turn, seq)
      redis.call('HINCRBY', KEYS[2], 'open', 1)
    elseif kind == 'turn-complete' then
      redis.call('HSET', KEYS[2], 't:' .. turn, 'done')
      redis.call('HINCRBY', KEYS[2], 'open', -1)
    elseif kind == 'end' then
      redis.call('HSET', KEYS[2], 'ended', '1')
      ended = true
    end
    if producer ~= '' then
      last = number
      if not free[kind] then bytes = redis.call('HINCRBY', KEYS[2], 'bytes', #json) end
      redis.call('HSET', KEYS[2], 'p:' .. producer, last)
    end
  end
  number = number + 1
  i = i + 3
end

local keep = ended and ARGV[4] or ARGV[5]
redis.call('PEXPIRE', KEYS[1], keep)
redis.call('PEXPIRE', KEYS[2], keep)
redis.call('PUBLISH', KEYS[1], seq)
return { seq, last, refused }
