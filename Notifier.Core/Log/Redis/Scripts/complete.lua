-- Records the first completion of a lesson by a learner, and stores its event in the class's log. All keys lie in the class's slot.
-- KEYS  log, once-key, completions
-- ARGV  1 learner and lesson, 2 learner, 3 moment, 4 type, 5 body before the count, 6 body after it, 7 command id, 8 fingerprint ('-': no once-key),
--       9 life of the once-key in ms, 10 highest position that the caller has seen, 11 events to keep, 12 age to keep in ms, 13 life of the log in ms,
--       14 channel, 15 trace ('': none)
-- Gives outcome (First, Again, KeyTaken; Open where the learner was not told yet), whether the once-key was known, whether the learner was told, position, moment, command id, count.
local record = redis.call('HGET', KEYS[3], 'done ' .. ARGV[1])
local once, isReplay = false, '0'
if ARGV[8] ~= '-' then
  local known = redis.call('HMGET', KEYS[2], 'fingerprint', 'outcome')
  if known[1] and known[1] ~= ARGV[8] then return { 'KeyTaken', '0', '1', '0-0', '', '', '0' } end
  if known[1] then once, isReplay = known[2], '1' end
end

if not record then
  local count = redis.call('HINCRBY', KEYS[3], 'count ' .. ARGV[2], 1)
  local id = append(KEYS[1], ARGV[4], ARGV[5] .. count .. ARGV[6], ARGV[10], ARGV[11], ARGV[12], ARGV[13], ARGV[14], ARGV[15])
  record = table.concat({ '0', id, ARGV[3], ARGV[7], count }, ' ')
  redis.call('HSET', KEYS[3], 'done ' .. ARGV[1], record)
end

-- Of several that come before the learner was told, whoever tells is the first: that is settled after it, and is what the key answers from then on.
local told, id, at, command, count = string.match(record, '^(%d) (%S+) (%S+) (%S+) (%d+)$')
local outcome = once
if outcome ~= 'First' then outcome = told == '1' and 'Again' or 'Open' end
if ARGV[8] ~= '-' and outcome ~= once then
  redis.call('HSET', KEYS[2], 'fingerprint', ARGV[8], 'outcome', outcome)
  redis.call('PEXPIRE', KEYS[2], ARGV[9])
end

return { outcome, isReplay, told, id, at, command, count }
