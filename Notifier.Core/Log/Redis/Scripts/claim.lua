-- Binds a once-key to its first fingerprint.
-- KEYS  claim
-- ARGV  1 fingerprint, 2 life in ms
-- Gives the fingerprint that it is bound to.
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2], 'NX')
return redis.call('GET', KEYS[1])
