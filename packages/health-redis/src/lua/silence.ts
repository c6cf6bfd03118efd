import { LEASE_MARGIN_MS, SILENCE } from "@fallthrough/registry/shared-health";

/** Of so many answers one is written down, once the first ones have begun: that is enough to know what is slow. */
const WRITTEN = 16;

/**
 * The rules of silence in Lua, as `silence.ts` of the registry has them.
 *
 * A process tells of a call once it has waited longer than is usual, so a call that is answered in time costs nothing.
 */
export const SILENCE_RULES: string = `
local function lengthOfSilence(kind, entry, firstChunkMs)
  return math.max(firstChunkMs * kind.share, entry.slowestMs * kind.slowest)
end

local GRACE = { share = ${SILENCE.grace.share}, slowest = ${SILENCE.grace.slowest} }
local BOUND = { share = ${SILENCE.bound.share}, slowest = ${SILENCE.bound.slowest} }

local function boundOf(entry, firstChunkMs)
  if entry.answers < ${SILENCE.unknown.answers} then return firstChunkMs * ${SILENCE.unknown.timers} end
  return lengthOfSilence(BOUND, entry, firstChunkMs)
end

-- whoever waits for so long is gone: its process was killed, or could not tell
local function isGone(call) return now >= call.at + call.firstChunkMs + ${LEASE_MARGIN_MS} end

-- several calls of the fleet have waited together for longer than is usual
local function suspectSilence()
  local entry = find(input.names[1])
  if not entry or entry.open or not entry.waiting then return end
  local sum, bound = entry.silentMs, math.huge
  local sharing = sum > 0 and 1 or 0
  for _, call in pairs(entry.waiting) do
    local waited = now - math.max(call.at, entry.heardAt or 0) - lengthOfSilence(GRACE, entry, call.firstChunkMs)
    if waited > 0 and not isGone(call) then
      sum, sharing, bound = sum + waited, sharing + 1, math.min(bound, boundOf(entry, call.firstChunkMs))
    end
  end
  if sharing > 1 and sum > bound then suspect(touch(input.names[1]), now) end
end

local function isWaitedFor(entry) return entry and (entry.waiting ~= nil or entry.silentMs > 0) end

local function waits(call)
  local entry = touch(input.names[1])
  if entry.open then return end
  entry.waiting = entry.waiting or {}
  entry.waiting[input.id] = call
end

-- takes that a call waits no more
local function leave()
  local entry = find(input.names[1])
  if not entry or not entry.waiting then return end
  for id, call in pairs(entry.waiting) do
    if id == input.id or isGone(call) then
      touch(input.names[1])
      entry.waiting[id] = nil
    end
  end
  if not next(entry.waiting) then entry.waiting = nil end
end

local function noteContent(firstMs)
  leave()
  local entry = find(input.names[1])
  if firstMs then
    local answers, slowest = entry and entry.answers or 0, entry and entry.slowestMs or 0
    local isFirst = answers < ${SILENCE.unknown.answers}
    if isFirst or firstMs > slowest or input.random < ${1 / WRITTEN} then
      entry = touch(input.names[1])
      entry.answers = answers + 1
      entry.slowestMs = math.max(firstMs, slowest * (isFirst and ${SILENCE.forget} or ${SILENCE.forget ** WRITTEN}))
    end
  end
  if isWaitedFor(entry) then
    touch(input.names[1])
    entry.heardAt, entry.silentMs = now, 0
  end
end

-- takes that a caller left who had waited in vain
local function noteSilence(call, probing)
  local entry = touch(input.names[1])
  local silentMs = now - math.max(call.at, entry.heardAt or 0)
  if probing then
    if silentMs > lengthOfSilence(GRACE, entry, call.firstChunkMs) then suspect(entry, call.at) end
    return
  end
  entry.silentMs = entry.silentMs + silentMs
  if not entry.open and entry.silentMs > call.firstChunkMs then suspect(entry, now) end
end
`;
