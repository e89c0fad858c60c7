-- Closes the inbox of a dispatch, where nothing came after the message that the worker saw last. That works in a full memory too.
--
-- KEYS  1 stream, 2 its state (hash: seq, closed, k:<key>)
-- ARGV  1 seq of the last message seen, or -1 to close whatever came, 2 milliseconds to keep the state
-- Returns 1 where the inbox is closed now, 0 where a later message waits
local seq = tonumber(redis.call('HGET', KEYS[2], 'seq') or '0')
local seen = tonumber(ARGV[1])
if seen >= 0 and seq > seen then return 0 end
-- Where memory is full, Redis refuses a script's first write if that takes memory, and no later one.
redis.call('PERSIST', KEYS[2])
redis.call('HSET', KEYS[2], 'closed', '1')
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return 1
