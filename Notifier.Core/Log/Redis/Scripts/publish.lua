-- Stores one event, and rings the bell. All keys lie in the topic's slot.
-- KEYS  log, once-key
-- ARGV  1 type, 2 body, 3 command id, 4 fingerprint ('-': no once-key), 5 life of the once-key in ms, 6 expected head ('-': any),
--       7 highest position that the caller has seen, 8 events to keep, 9 age to keep in ms, 10 life of the log in ms, 11 channel
-- Gives outcome, position, command id; the outcomes are the names of AppendOutcome.
if ARGV[4] ~= '-' then
  local known = redis.call('HMGET', KEYS[2], 'fingerprint', 'position', 'command')
  if known[2] then
    return { known[1] == ARGV[4] and 'Replayed' or 'KeyTaken', known[2], known[3] }
  end
end

local function less(a, b)
  local ams, aseq = string.match(a, '^(%d+)-(%d+)$')
  local bms, bseq = string.match(b, '^(%d+)-(%d+)$')
  if #ams ~= #bms then return #ams < #bms end
  if ams ~= bms then return ams < bms end
  if #aseq ~= #bseq then return #aseq < #bseq end
  return aseq < bseq
end

local exists = redis.call('EXISTS', KEYS[1]) == 1
local head, length = '0-0', 0
if exists then
  local info = redis.call('XINFO', 'STREAM', KEYS[1])
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then head = info[i + 1] end
    if info[i] == 'length' then length = info[i + 1] end
  end
end

if ARGV[6] ~= '-' and ARGV[6] ~= head and not (ARGV[6] == '0-0' and length == 0) then
  return { 'HeadMoved', head, '' }
end

-- Somebody saw positions that this log does not have: it lost its newest entries, and a chain that went on from here would hide that.
local isBreak = less(head, ARGV[7])
if isBreak then
  if not exists then
    redis.call('XGROUP', 'CREATE', KEYS[1], 'open', '0', 'MKSTREAM')
    redis.call('XGROUP', 'DESTROY', KEYS[1], 'open')
  end
  redis.call('XSETID', KEYS[1], ARGV[7])
  head = ARGV[7]
end

local id
if isBreak then
  id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[8], '*', 't', ARGV[1], 'b', ARGV[2], 'p', head, 'k', '1')
else
  id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[8], '*', 't', ARGV[1], 'b', ARGV[2], 'p', head)
end

local now = redis.call('TIME')
local oldest = tonumber(now[1]) * 1000 + math.floor(tonumber(now[2]) / 1000) - tonumber(ARGV[9])
if oldest > 0 then redis.call('XTRIM', KEYS[1], 'MINID', '=', string.format('%.0f', oldest)) end
redis.call('PEXPIRE', KEYS[1], ARGV[10])
if ARGV[4] ~= '-' then
  redis.call('HSET', KEYS[2], 'fingerprint', ARGV[4], 'position', id, 'command', ARGV[3])
  redis.call('PEXPIRE', KEYS[2], ARGV[5])
end

redis.call('PUBLISH', ARGV[11], 'e' .. id .. ' ' .. head .. ' ' .. (isBreak and '1' or '0') .. ' ' .. ARGV[1] .. '\n' .. ARGV[2])
return { 'Stored', id, ARGV[3] }
