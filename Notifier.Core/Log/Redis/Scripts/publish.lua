-- Stores one event, once. All keys lie in the topic's slot.
-- KEYS  log, once-key
-- ARGV  1 type, 2 body, 3 command id, 4 fingerprint ('-': no once-key), 5 life of the once-key in ms, 6 expected head ('-': any),
--       7 highest position that the caller has seen, 8 events to keep, 9 age to keep in ms, 10 life of the log in ms, 11 channel, 12 trace ('': none)
-- Gives outcome, position, command id; the outcomes are the names of AppendOutcome.
if ARGV[4] ~= '-' then
  local known = redis.call('HMGET', KEYS[2], 'fingerprint', 'position', 'command')
  if known[2] then
    return { known[1] == ARGV[4] and 'Replayed' or 'KeyTaken', known[2], known[3] }
  end
end

if ARGV[6] ~= '-' then
  local head, length = headOf(KEYS[1])
  if ARGV[6] ~= head and not (ARGV[6] == '0-0' and length == 0) then return { 'HeadMoved', head, '' } end
end

local id = append(KEYS[1], ARGV[1], ARGV[2], ARGV[7], ARGV[8], ARGV[9], ARGV[10], ARGV[11], ARGV[12])
if ARGV[4] ~= '-' then
  redis.call('HSET', KEYS[2], 'fingerprint', ARGV[4], 'position', id, 'command', ARGV[3])
  redis.call('PEXPIRE', KEYS[2], ARGV[5])
end

return { 'Stored', id, ARGV[3] }
