-- Marks a completion as told to its learner, and settles what its caller is answered.
-- KEYS  completions, once-key
-- ARGV  1 learner and lesson, 2 fingerprint ('-': no once-key)
-- Gives the outcome: First to the one caller who did, Again to the others; with a once-key what its first caller was given.
local record = redis.call('HGET', KEYS[1], 'done ' .. ARGV[1])
local outcome = 'Again'
if record and string.sub(record, 1, 1) == '0' then
  redis.call('HSET', KEYS[1], 'done ' .. ARGV[1], '1' .. string.sub(record, 2))
  outcome = 'First'
end

if ARGV[2] ~= '-' then
  local known = redis.call('HMGET', KEYS[2], 'fingerprint', 'outcome')
  if known[1] == ARGV[2] then
    if known[2] ~= 'Open' then return known[2] end
    redis.call('HSET', KEYS[2], 'outcome', outcome)
  end
end

return outcome
