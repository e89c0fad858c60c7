-- Makes a writer lease last from now on.
--
-- Guarantees: only its holder's.
--
-- KEYS  1 the lease
-- ARGV  1 the holder, 2 milliseconds that the lease lasts; 0 gives it up
-- Returns 1, or 0 where the holder does not have it
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
if ARGV[2] == '0' then
  return redis.call('DEL', KEYS[1])
end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
