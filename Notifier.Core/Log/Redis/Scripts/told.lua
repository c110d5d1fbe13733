-- Marks a completion as told to its learner; gives 1 to the one caller who did.
-- KEYS  completions
-- ARGV  1 learner and lesson
local record = redis.call('HGET', KEYS[1], 'done ' .. ARGV[1])
if not record or string.sub(record, 1, 1) ~= '0' then return 0 end
redis.call('HSET', KEYS[1], 'done ' .. ARGV[1], '1' .. string.sub(record, 2))
return 1
