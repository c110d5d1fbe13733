-- Lets the lease of an instance that ends run out soon: its members have the grace to come back elsewhere, and nobody has to wait for it.
-- KEYS  leases
-- ARGV  1 instance, 2 what is left of the lease in ms
local time = redis.call('TIME')
redis.call('ZADD', KEYS[1], 'XX', tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000) + tonumber(ARGV[2]), ARGV[1])
