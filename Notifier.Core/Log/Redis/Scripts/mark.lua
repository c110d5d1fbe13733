-- Raises a read mark; it never falls, and never expires.
-- KEYS  mark
-- ARGV  1 position
-- Gives 1 where it moved.
if not less(redis.call('GET', KEYS[1]) or '0-0', ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1])
return 1
