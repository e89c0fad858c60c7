-- Puts a message into the inbox of a dispatch, unless the worker has closed it.
--
-- Guarantees: seq is 1, 2, 3, ... and is the entry's id (<seq>-0); after a successful close no message is accepted, so none is
-- lost between the worker's last look and its exit; a message with a key is put in once, however often it is sent.
--
-- KEYS  1 stream, 2 its state (hash: seq, closed, k:<key> = seq of its message)
-- ARGV  1 JSON object without seq, 2 milliseconds to keep both keys, 3 key ('' for none)
-- Returns the message's seq, or 0 where the inbox is closed
local known = ARGV[3] ~= '' and redis.call('HGET', KEYS[2], 'k:' .. ARGV[3])
if known then return tonumber(known) end
if redis.call('HEXISTS', KEYS[2], 'closed') == 1 then return 0 end
local seq = redis.call('HINCRBY', KEYS[2], 'seq', 1)
redis.call('XADD', KEYS[1], seq .. '-0', 'm', '{"seq":' .. seq .. ',' .. string.sub(ARGV[1], 2))
if ARGV[3] ~= '' then redis.call('HSET', KEYS[2], 'k:' .. ARGV[3], seq) end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
redis.call('PUBLISH', KEYS[1], seq)
return seq
