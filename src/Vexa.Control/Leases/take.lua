-- Takes the writer lease of a bucket where nobody has it.
--
-- Guarantees: one holder at a time; the number that it gets is higher than every one given before, and higher than ARGV[3]. The number
-- has no end of its own, so that it survives every lease.
--
-- KEYS  1 the lease (its holder, as long as the lease lasts), 2 the last fencing number
-- ARGV  1 the holder, 2 milliseconds that the lease lasts, 3 a fencing number that was seen elsewhere
-- Returns the fencing number, or false where somebody else has the lease
if redis.call('EXISTS', KEYS[1]) == 1 and redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return false
end

-- Numbers of Lua are exact up to 2^53, which milliseconds reach in 285,000 years.
local fence = math.max(tonumber(redis.call('GET', KEYS[2]) or '0'), tonumber(ARGV[3])) + 1
redis.call('SET', KEYS[2], string.format('%.0f', fence))
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return string.format('%.0f', fence)
