-- A page and the head of the same moment: an append between two reads would look like a gap. Opens a log that does not exist, and
-- raises one that lost its newest entries to where the caller has seen it: who saw them misses nothing, and everybody else finds the hole.
-- KEYS  log
-- ARGV  1 direction ('after', 'before', 'head'), 2 position ('+': the newest), 3 most events, 4 life of the log in ms, 5 highest position that the
--       caller has seen
-- Gives head, entries (oldest first after, newest first before).
if redis.call('EXISTS', KEYS[1]) == 0 then
  local now = redis.call('TIME')
  redis.call('XGROUP', 'CREATE', KEYS[1], 'open', '0', 'MKSTREAM')
  redis.call('XSETID', KEYS[1], string.format('%.0f-0', tonumber(now[1]) * 1000 + math.floor(tonumber(now[2]) / 1000)))
  redis.call('XGROUP', 'DESTROY', KEYS[1], 'open')
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
end

local head, _, groups = headOf(KEYS[1])
if less(head, ARGV[5]) then
  redis.call('XSETID', KEYS[1], ARGV[5])
  head = ARGV[5]
  -- A group is a mark that lies in the log itself: it is copied, restored and lost along with it.
  if groups == 0 then redis.call('XGROUP', 'CREATE', KEYS[1], 'broken', '$') end
end

if ARGV[1] == 'after' then return { head, redis.call('XRANGE', KEYS[1], '(' .. ARGV[2], '+', 'COUNT', ARGV[3]) } end
if ARGV[1] == 'before' then
  return { head, redis.call('XREVRANGE', KEYS[1], ARGV[2] == '+' and '+' or '(' .. ARGV[2], '-', 'COUNT', ARGV[3]) }
end
return { head, {} }
