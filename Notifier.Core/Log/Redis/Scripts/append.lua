-- Stores an event after the head, trims, and rings the bell; gives its id. `seen` is the highest position that the caller has seen, with a question
-- mark where the caller does not follow the topic, and others may have seen more.
local function append(log, type, body, seen, maxEvents, maxAgeMs, lifeMs, channel, trace)
  -- Somebody saw positions that this log does not have: it lost its newest entries, and a chain that went on from here would hide that.
  local isSure = string.sub(seen, -1) ~= '?'
  if not isSure then seen = string.sub(seen, 1, -2) end
  local now = redis.call('TIME')
  local nowMs = tonumber(now[1]) * 1000 + math.floor(tonumber(now[2]) / 1000)
  local head, _, groups = headOf(log)
  local isBreak = less(head, seen)
  if isBreak then
    if redis.call('EXISTS', log) == 0 then
      redis.call('XGROUP', 'CREATE', log, 'open', '0', 'MKSTREAM')
      redis.call('XGROUP', 'DESTROY', log, 'open')
    end

    -- Who stands where an unsure caller stands may have missed what came after: nobody may find this event's predecessor under its feet.
    local fresh = string.format('%.0f-0', nowMs)
    if not isSure and less(seen, fresh) then seen = fresh end
    redis.call('XSETID', log, seen)
    head = seen
  end

  -- A read has found the same before, and left the mark for whoever appends next.
  if groups > 0 and redis.call('XGROUP', 'DESTROY', log, 'broken') == 1 then isBreak = true end

  local fields = { 't', type, 'b', body, 'p', head }
  if isBreak then
    table.insert(fields, 'k')
    table.insert(fields, '1')
  end
  if trace ~= '' then
    table.insert(fields, 'w')
    table.insert(fields, trace)
  end
  local id = redis.call('XADD', log, 'MAXLEN', '~', maxEvents, '*', unpack(fields))

  local oldest = nowMs - tonumber(maxAgeMs)
  if oldest > 0 then redis.call('XTRIM', log, 'MINID', '=', string.format('%.0f', oldest)) end
  redis.call('PEXPIRE', log, lifeMs)
  redis.call('PUBLISH', channel, 'e' .. id .. ' ' .. head .. ' ' .. (isBreak and '1' or '0') .. ' ' .. type .. (trace ~= '' and ' ' .. trace or '') .. '\n' .. body)
  return id
end
