-- Binds a once-key to its first fingerprint.
-- KEYS  claim
-- ARGV  1 fingerprint, 2 life in ms
-- Gives the name of a ClaimOutcome.
if redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2], 'NX') then return 'Claimed' end
return redis.call('GET', KEYS[1]) == ARGV[1] and 'Known' or 'Taken'
