-- Renews an instance's lease by the server's own clock, ends those that ran out, and gives the instances that live.
-- KEYS  leases
-- ARGV  1 instance, 2 length of a lease in ms, 3 '1' where the instance had one before, 4 silence in ms that means an outage
-- Gives 0 where the lease had run out, and is not renewed, else 1; then the living.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local lease = tonumber(ARGV[2])
local newest = redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')
if ARGV[3] == '1' and newest[2] and now - (tonumber(newest[2]) - lease) > tonumber(ARGV[4]) then
  -- Nobody at all was heard: it was the server that was away. Who of the others lives gets the time to say so.
  for _, instance in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do redis.call('ZADD', KEYS[1], now + lease, instance) end
end

redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. string.format('%.0f', now))
if ARGV[3] == '1' and not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return { 0 } end
redis.call('ZADD', KEYS[1], now + lease, ARGV[1])
return { 1, redis.call('ZRANGE', KEYS[1], 0, -1) }
