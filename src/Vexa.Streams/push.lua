-- Puts a message into the inbox of a dispatch, unless the worker has closed it.
--
-- Guarantees: seq is 1, 2, 3, ... and is the entry's id (<seq>-0); after a successful close no message is accepted, so none is
-- lost between the worker's last look and its exit.
--
-- KEYS  1 stream, 2 its state (hash: seq, closed)
-- ARGV  1 JSON object without seq, 2 milliseconds to keep both keys
-- Returns the message's seq, or 0 where the inbox is closed
if redis.call('HEXISTS', KEYS[2], 'closed') == 1 then return 0 end
local seq = redis.call('HINCRBY', KEYS[2], 'seq', 1)
redis.call('XADD', KEYS[1], seq .. '-0', 'm', '{"seq":' .. seq .. ',' .. string.sub(ARGV[1], 2))
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
redis.call('PUBLISH', KEYS[1], seq)
return seq
