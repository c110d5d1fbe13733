-- Changes what one instance holds of a room's users, and rings the room's bell with it.
-- KEYS  presence
-- ARGV  1 instance, 2 life in ms, 3 channel, 4 bell before the version, 5 bell after it, then user and value of each; an empty value: held no more
for i = 6, #ARGV, 2 do
  local field = ARGV[1] .. ' ' .. ARGV[i]
  if ARGV[i + 1] == '' then redis.call('HDEL', KEYS[1], field) else redis.call('HSET', KEYS[1], field, ARGV[i + 1]) end
end

-- A version that was lost begins again with the time, which is higher than any before it: nobody takes a new one for an old one.
local version
if redis.call('HEXISTS', KEYS[1], 'version') == 1 then
  version = string.format('%.0f', redis.call('HINCRBY', KEYS[1], 'version', 1))
else
  local now = redis.call('TIME')
  version = string.format('%.0f', tonumber(now[1]) * 1000000 + tonumber(now[2]))
  redis.call('HSET', KEYS[1], 'version', version)
end

if redis.call('HLEN', KEYS[1]) == 1 then redis.call('DEL', KEYS[1]) else redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
redis.call('PUBLISH', ARGV[3], ARGV[4] .. version .. ARGV[5])
