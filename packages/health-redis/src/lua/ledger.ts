import { LEARNED_SHARE, RATES, RESERVED_MS, WINDOWS } from "@fallthrough/registry/shared-health";

/** The rules of limits in Lua, as `ledger.ts` of the registry has them. An `until` that is absent is none. */
export const LEDGER: string = `
local WINDOWS = { minute = ${WINDOWS.minute}, hour = ${WINDOWS.hour}, day = ${WINDOWS.day} }

local function windowOf(allowance) return WINDOWS[allowance.window or 'minute'] end

-- a server that reports a larger limit than the declared one is asked under another plan
local function isOtherPlan(ledger)
  for _, told in ipairs(ledger.allowances) do
    local declared, exceeded = 0, 0
    for _, other in ipairs(told.name and told.limit and ledger.allowances or {}) do
      if not other.name and other.unit == told.unit and (not told.window or other.window == told.window) then
        declared = declared + 1
        if told.limit > (other.limit or 0) then exceeded = exceeded + 1 end
      end
    end
    if declared > 0 and exceeded == declared then return true end
  end
  return false
end

local function holds(ledger, allowance)
  if allowance.name then return now < allowance["until"] end
  if isOtherPlan(ledger) then return false end
  if allowance["until"] and now >= allowance["until"] then
    allowance.left, allowance["until"], allowance.order = allowance.limit or 0, nil, -1
    -- what was taken before is not given back to a window that begins
    for _, share in pairs(ledger.reserved) do allowance.order = math.max(allowance.order, share.order) end
  end
  for _, other in ipairs(ledger.allowances) do
    if other.name and other.unit == allowance.unit and other.window == allowance.window and now < other["until"] then
      return false
    end
  end
  return true
end

local function hasRoom(allowance, tokens)
  if allowance.unit == 'requests' then return allowance.left >= 1 end
  return allowance.left >= math.max(1, allowance.limit and math.min(tokens, allowance.limit) or tokens)
end

local function lacking(ledger, tokens)
  local longest
  for _, allowance in ipairs(ledger.allowances) do
    if holds(ledger, allowance) and not hasRoom(allowance, tokens) then
      if not longest or (allowance["until"] or math.huge) > (longest["until"] or math.huge) then longest = allowance end
    end
  end
  return longest
end

local function declare(ledger, limits)
  for _, own in ipairs(limits) do
    local place
    for index, known in ipairs(ledger.allowances) do
      if not known.name and known.unit == own.unit and known.window == own.window then place = index end
    end
    if not place then table.insert(ledger.allowances, own)
    elseif ledger.allowances[place].limit ~= own.limit then ledger.allowances[place] = own end
  end
end

local function tokensOf(ledger)
  if not input.characters then return 0 end
  for _, allowance in ipairs(ledger.allowances) do
    if allowance.unit == 'tokens' and holds(ledger, allowance) then return math.ceil(input.characters / ledger.rate) end
  end
  return 0
end

local function reserve(ledger, tokens)
  for id, share in pairs(ledger.reserved) do
    -- whoever has not told for so long is gone
    if now - share.order > ${RESERVED_MS} then ledger.reserved[id] = nil end
  end
  for _, allowance in ipairs(ledger.allowances) do
    if not allowance.name then
      holds(ledger, allowance)
      allowance["until"] = allowance["until"] or now + windowOf(allowance)
    end
    allowance.left = math.max(0, allowance.left - (allowance.unit == 'tokens' and tokens or 1))
  end
  ledger.reserved[input.id] = { order = now, characters = tokens > 0 and input.characters or 0, tokens = tokens }
end

local function reservedAfter(ledger, order, unit)
  local sum = 0
  for _, share in pairs(ledger.reserved) do
    if share.order > order then sum = sum + (unit == 'tokens' and share.tokens or 1) end
  end
  return sum
end

local function tell(ledger, limits, order)
  for _, told in ipairs(limits) do
    if told.unit and told.remaining then
      local left = math.max(0, told.remaining - reservedAfter(ledger, order, told.unit))
      local ends = now + (told.resetMs or windowOf(told))
      local known
      for _, allowance in ipairs(ledger.allowances) do
        if allowance.name == told.name then known = allowance end
      end
      if not known then
        table.insert(ledger.allowances, { name = told.name, unit = told.unit, window = told.window, limit = told.limit, left = left, ["until"] = ends, order = order })
      -- an answer that comes late was told before others took their share
      elseif known["until"] and now < known["until"] and order < known.order then known.left = math.min(known.left, left)
      else known.limit, known.left, known["until"], known.order = told.limit, left, ends, order end
    end
  end
end

-- ends the reservation of a call with what it really took
local function settle(used)
  local entry = find(input.names[1])
  local ledger = entry and entry.ledger
  local share = ledger and ledger.reserved[input.id]
  if not share then return end
  touch(input.names[1])
  ledger.reserved[input.id] = nil
  local total = not used and 0 or used.total or share.tokens
  for _, allowance in ipairs(ledger.allowances) do
    if allowance.unit == 'tokens' and (allowance.order or -1) < share.order then
      allowance.left = math.max(0, allowance.left + share.tokens - total)
      if allowance.limit then allowance.left = math.min(allowance.left, allowance.limit) end
    end
  end
  if not used or (used.input or 0) <= 0 or share.characters == 0 then return end
  local seen = math.min(${RATES.most}, math.max(${RATES.least}, share.characters / used.input))
  ledger.rate = ledger.rate + (seen - ledger.rate) * ${LEARNED_SHARE}
end
`;
