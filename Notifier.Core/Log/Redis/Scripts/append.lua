-- What every script that stores an event begins with.
local function less(a, b)
  local ams, aseq = string.match(a, '^(%d+)-(%d+)$')
  local bms, bseq = string.match(b, '^(%d+)-(%d+)$')
  if #ams ~= #bms then return #ams < #bms end
  if ams ~= bms then return ams < bms end
  if #aseq ~= #bseq then return #aseq < #bseq end
  return aseq < bseq
end

-- The log's newest position, and how many events it holds.
local function headOf(log)
  local head, length = '0-0', 0
  if redis.call('EXISTS', log) == 1 then
    local info = redis.call('XINFO', 'STREAM', log)
    for i = 1, #info, 2 do
      if info[i] == 'last-generated-id' then head = info[i + 1] end
      if info[i] == 'length' then length = info[i + 1] end
    end
  end
  return head, length
end

-- Stores an event after the head, trims, and rings the bell; gives its id. `seen` is the highest position that the caller has seen.
local function append(log, head, type, body, seen, maxEvents, maxAgeMs, lifeMs, channel)
  -- Somebody saw positions that this log does not have: it lost its newest entries, and a chain that went on from here would hide that.
  local isBreak = less(head, seen)
  if isBreak then
    if redis.call('EXISTS', log) == 0 then
      redis.call('XGROUP', 'CREATE', log, 'open', '0', 'MKSTREAM')
      redis.call('XGROUP', 'DESTROY', log, 'open')
    end
    redis.call('XSETID', log, seen)
    head = seen
  end

  local id
  if isBreak then
    id = redis.call('XADD', log, 'MAXLEN', '~', maxEvents, '*', 't', type, 'b', body, 'p', head, 'k', '1')
  else
    id = redis.call('XADD', log, 'MAXLEN', '~', maxEvents, '*', 't', type, 'b', body, 'p', head)
  end

  local now = redis.call('TIME')
  local oldest = tonumber(now[1]) * 1000 + math.floor(tonumber(now[2]) / 1000) - tonumber(maxAgeMs)
  if oldest > 0 then redis.call('XTRIM', log, 'MINID', '=', string.format('%.0f', oldest)) end
  redis.call('PEXPIRE', log, lifeMs)
  redis.call('PUBLISH', channel, 'e' .. id .. ' ' .. head .. ' ' .. (isBreak and '1' or '0') .. ' ' .. type .. '\n' .. body)
  return id
end
