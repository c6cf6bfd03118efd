import {
  COOLDOWN_JITTER,
  FAILURES_TO_OPEN,
  HEALTH_ENTRIES,
  INSIST_MS,
  LEASE_MARGIN_MS,
  LEVEL_DECAY_MS,
  PROBE_LEASE_MS,
  SUSPICION,
} from "@fallthrough/registry/shared-health";

/** A shard is forgotten after so long without a change: longer than the longest cooldown. */
const KEPT_MS = 25 * 60 * 60 * 1_000;
const LONGEST_STATED_MS = 24 * 60 * 60 * 1_000;

/**
 * The rules of cooldowns in Lua, as `cooldown.ts` of the registry has them. A test plays the same calls through both.
 *
 * Times are milliseconds of the server's clock. `ARGV[1]` has the names of the entries that a call concerns: of its
 * model, key, provider and origin, and of each need that may be refused.
 */
export const RULES: string = `
local key = KEYS[1]
local input = cjson.decode(ARGV[1])
local now = clock()
local entries, touched = {}, {}

local function blank(need)
  return { need = need, failures = 0, repeats = 0, level = 0, failingSince = 0, answers = 0, slowestMs = 0, silentMs = 0 }
end

local function find(name)
  if entries[name] == nil then
    local raw = redis.call('HGET', key, name)
    entries[name] = raw and cmsgpack.unpack(raw) or false
  end
  return entries[name] or nil
end

local function touch(name, need)
  if not find(name) then entries[name] = blank(need) end
  touched[name] = true
  return entries[name]
end

local function saysNothing(entry)
  if entry.ledger and #entry.ledger.allowances > 0 then return false end
  if not entry.open and entry.failures == 0 and entry.level == 0 then return true end
  local last = entry.open and entry.open["until"] or entry.healthySince or now
  return now - last >= ${LEVEL_DECAY_MS}
end

-- model names come from anywhere, so there may be any number: those that say nothing go first, then any
local function makeRoom()
  local size = redis.call('HLEN', key)
  if size < ${HEALTH_ENTRIES} then return end
  local names = redis.call('HKEYS', key)
  for pass = 1, 3 do
    for _, name in ipairs(names) do
      if size <= ${HEALTH_ENTRIES * 0.9} then return end
      local raw = not touched[name] and redis.call('HGET', key, name)
      if raw and (pass == 3 or (pass == 2 and string.sub(name, 1, 5) == 'need:') or saysNothing(cmsgpack.unpack(raw))) then
        redis.call('HDEL', key, name)
        size = size - 1
      end
    end
  end
end

local function save()
  local pairsOf = {}
  for name in pairs(touched) do
    table.insert(pairsOf, name)
    table.insert(pairsOf, cmsgpack.pack(entries[name]))
  end
  if #pairsOf == 0 then return end
  redis.call('HSET', key, unpack(pairsOf))
  redis.call('PEXPIRE', key, ${KEPT_MS})
  makeRoom()
end

local function found()
  local list = {}
  for _, name in ipairs(input.names) do
    local entry = find(name)
    if entry then table.insert(list, { name = name, entry = entry }) end
  end
  return list
end

local RANKS = { well = 0, suspect = 1, probing = 2, cooling = 3, refused = 4 }
local EFFECTS = { suspect = 0, count = 1, cool = 2, park = 3 }

local function healthOf(entry)
  local open, lease = entry.open, entry.lease
  if not open then return 'well', 0 end
  if now < open.hardUntil then return 'refused', open.hardUntil - now end
  if lease and now < lease["until"] then return 'probing', math.max(open["until"], lease["until"]) - now end
  if now >= open["until"] then return 'probing', 0 end
  return open.effect == 'suspect' and 'suspect' or 'cooling', open["until"] - now
end

local function worst(list)
  local state, remaining = 'well', 0
  for _, one in ipairs(list) do
    local other, ms = healthOf(one.entry)
    if RANKS[other] > RANKS[state] or (RANKS[other] == RANKS[state] and ms > remaining) then
      state, remaining = other, ms
    end
  end
  return state, remaining
end

local function stepOf(level) return math.max(0, level - 1) end

local function grown(lengths, steps)
  return math.min(lengths.cooldownMs * lengths.factor ^ steps, lengths.longestMs)
end

local function isStated(failure) return failure.effect ~= 'park' and failure.retryAfterMs ~= nil end

local function lengthOf(failure, level)
  if isStated(failure) then
    return math.min(failure.retryAfterMs, failure.effect == 'cool' and failure.longestMs or ${LONGEST_STATED_MS})
  end
  local jitter = 1 + ${COOLDOWN_JITTER} * (2 * input.random - 1)
  local steps = failure.effect == 'count' and stepOf(level) or level
  return math.min(grown(failure, steps) * jitter, failure.longestMs)
end

local function decay(entry)
  if entry.healthySince and now - entry.healthySince >= ${LEVEL_DECAY_MS} then entry.level = 0 end
end

local function suspect(entry, since)
  local open = entry.open or { code = 'timeout', effect = 'suspect' }
  local length = grown({ cooldownMs = ${SUSPICION.cooldownMs}, factor = ${SUSPICION.factor}, longestMs = ${SUSPICION.longestMs} }, stepOf(entry.level))
  entry.level = entry.level + 1
  entry.silentMs, entry.waiting = 0, nil
  entry.open = { order = now, since = now, ["until"] = math.max(now, since + length), hardUntil = 0, code = open.code, effect = open.effect }
end

local function noteFailure(entry, failure, order, probedAt, reopening)
  local open = entry.open
  decay(entry)
  entry.healthySince = nil
  entry.repeats = entry.code == failure.code and entry.repeats + 1 or 1
  entry.code = failure.code
  local stated = isStated(failure)
  local news = not open or open.effect == 'suspect' or (probedAt and now >= open["until"])
  if not news then
    if stated or EFFECTS[failure.effect] > EFFECTS[open.effect] then
      local ends = now + lengthOf(failure, 0)
      if failure.hard then open.hardUntil = math.max(open.hardUntil, ends) end
      if ends > open["until"] then open["until"], open.code, open.effect = ends, failure.code, failure.effect end
    end
    return
  end
  entry.failures = entry.failures + 1
  if entry.failures == 1 then entry.failingSince = order end
  local counted = failure.effect == 'count' and not stated
  if counted and not probedAt and not reopening and entry.failures < ${FAILURES_TO_OPEN} then return end
  local length = lengthOf(failure, entry.level)
  if length <= 0 then return end
  entry.level = entry.level + 1
  local ends = stated and now + length or math.max(now, (probedAt or now) + length)
  entry.open = { order = now, since = now, ["until"] = ends, hardUntil = failure.hard and ends or 0, code = failure.code, effect = failure.effect }
end

-- a call that began after the breaker opened, and got content, shows that it is well
local function commit()
  for _, one in ipairs(found()) do
    local open = one.entry.open
    if open and (open.effect == 'suspect' or input.order >= open.order) then
      local entry = touch(one.name)
      entry.open, entry.lease, entry.failures, entry.closedBy = nil, nil, 0, input.probe
    end
  end
end

local function giveBack()
  if not input.probe then return end
  for _, one in ipairs(found()) do
    if one.entry.lease and one.entry.lease.probe == input.probe then touch(one.name).lease = nil end
    if one.entry.closedBy == input.probe then touch(one.name).closedBy = nil end
  end
end

-- makes a call the probe of all that is open and has none
local function lease(list)
  local leased = false
  local ends = now + (input.firstChunkMs == 0 and ${PROBE_LEASE_MS} or input.firstChunkMs + ${LEASE_MARGIN_MS})
  for _, one in ipairs(list) do
    local held = one.entry.lease
    if one.entry.open and not (held and now < held["until"]) then
      touch(one.name).lease = { probe = input.id, since = now, ["until"] = ends }
      leased = true
    end
  end
  return leased
end

local function mayInsist(entry)
  local before = entry and entry.insisted and entry.insisted[2]
  return not before or now - before >= ${INSIST_MS}
end

local function reply(facts)
  save()
  local told = {}
  for _, name in ipairs(input.names) do
    local entry = find(name)
    if entry then told[name] = entry end
  end
  facts.now, facts.entries = now, told
  return cjson.encode(facts)
end
`;
