-- What every script begins with that asks where a log stands.
local function less(a, b)
  local ams, aseq = string.match(a, '^(%d+)-(%d+)$')
  local bms, bseq = string.match(b, '^(%d+)-(%d+)$')
  if #ams ~= #bms then return #ams < #bms end
  if ams ~= bms then return ams < bms end
  if #aseq ~= #bseq then return #aseq < #bseq end
  return aseq < bseq
end

-- The log's newest position, how many events it holds, and how many groups; 0 in all of them where there is none.
local function headOf(log)
  local head, length, groups = '0-0', 0, 0
  if redis.call('EXISTS', log) == 1 then
    local info = redis.call('XINFO', 'STREAM', log)
    for i = 1, #info, 2 do
      if info[i] == 'last-generated-id' then head = info[i + 1] end
      if info[i] == 'length' then length = info[i + 1] end
      if info[i] == 'groups' then groups = info[i + 1] end
    end
  end
  return head, length, groups
end
