-- Remembers that a user's devices were told of a read mark.
-- KEYS  the mark that nobody was told of
-- ARGV  1 position
-- Gives 1 where that was the one.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
