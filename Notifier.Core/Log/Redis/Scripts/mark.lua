-- Raises a read mark; it never falls, and never expires.
-- KEYS  mark, the mark that nobody was told of
-- ARGV  1 position
-- Gives 1 where it has to be told: it moved, or stands there untold.
if less(redis.call('GET', KEYS[1]) or '0-0', ARGV[1]) then
  redis.call('SET', KEYS[1], ARGV[1])
  redis.call('SET', KEYS[2], ARGV[1])
  return 1
end
return redis.call('GET', KEYS[2]) == ARGV[1] and 1 or 0
