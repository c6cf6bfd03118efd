import { CHARACTERS_PER_TOKEN } from "@fallthrough/core/internal";

/** What a script does: a verb of the store, or what keeps the copies in order. */
export type Verb =
  | "peek"
  | "admit"
  | "wait"
  | "commit"
  | "note"
  | "succeed"
  | "fail"
  | "release"
  | "merge"
  | "reset"
  | "hello";

/** What each script does, after the rules. */
export const VERBS: Readonly<Record<Verb, string>> = {
  peek: `
suspectSilence()
return reply({})`,

  admit: `
suspectSilence()
local list = found()
local state, remaining = worst(list)
local model = find(input.names[1])
local ledger, tokens = model and model.ledger, 0
if input.limits then
  ledger = ledger or { allowances = {}, reserved = {}, rate = ${CHARACTERS_PER_TOKEN} }
  declare(ledger, input.limits)
  touch(input.names[1]).ledger = ledger
end
if ledger then
  tokens = tokensOf(ledger)
  local full = lacking(ledger, tokens)
  if full and state ~= 'refused' then return reply({ admitted = false, lacking = full }) end
end
local probe, admitted = false, false
if state == 'well' or (state == 'suspect' and input.insist) then admitted = true
elseif state == 'probing' and remaining == 0 then admitted, probe = true, lease(list)
elseif state == 'probing' and input.insist == 'alone' then admitted = true
elseif state == 'cooling' and (input.insist == 'alone' or (input.insist == 'cooling' and mayInsist(find(input.names[1])))) then
  local entry = touch(input.names[1])
  entry.insisted = { now, entry.insisted and entry.insisted[1] or 0 }
  admitted, probe = true, lease(list)
end
if not admitted then return reply({ admitted = false }) end
if ledger then reserve(touch(input.names[1]).ledger, tokens) end
-- who is asked longest ago is of interest only where somebody is not well
if state ~= 'well' or ledger then touch(input.names[1]).askedAt = now end
return reply({ admitted = true, probe = probe, order = string.format('%.3f', now), open = state ~= 'well' or isWaitedFor(model), tokens = tokens })`,

  wait: `
waits(input.wait)
return reply({})`,

  commit: `
noteContent(input.firstMs)
commit()
return reply({})`,

  note: `
local entry = touch(input.names[1])
entry.ledger = entry.ledger or { allowances = {}, reserved = {}, rate = ${CHARACTERS_PER_TOKEN} }
tell(entry.ledger, input.limits, input.order)
return reply({})`,

  succeed: `
noteContent(input.firstMs)
commit()
settle(input.used or {})
for _, one in ipairs(found()) do
  local entry = one.entry
  if not entry.open then
    local was = { entry.closedBy, entry.failures, entry.repeats, entry.healthySince, entry.level }
    entry.closedBy = nil
    if input.order >= (entry.failingSince or 0) then entry.failures, entry.repeats = 0, 0 end
    entry.healthySince = entry.healthySince or now
    decay(entry)
    if was[1] or was[2] ~= entry.failures or was[3] ~= entry.repeats or not was[4] or was[5] ~= entry.level then
      touch(one.name)
    end
  end
end
return reply({})`,

  fail: `
settle(nil)
leave()
local entry = touch(input.failed, input.need)
local probedAt = input.probe and entry.lease and entry.lease.probe == input.probe and entry.lease.since or nil
local reopening = input.probe and entry.closedBy == input.probe
giveBack()
noteFailure(entry, input.failure, input.order, probedAt, reopening)
if not entry.askedAt or entry.askedAt < input.order then entry.askedAt = input.order end
if input.second then
  local names = redis.call('HKEYS', key)
  for _, name in ipairs(names) do
    if name ~= input.names[1] and string.sub(name, 1, #input.siblings) == input.siblings then
      local open = find(name).open
      if open and open.code == input.failure.code and now < open["until"] then
        noteFailure(touch(input.names[2]), input.second, input.order)
        break
      end
    end
  end
end
return reply({})`,

  release: `
settle(nil)
leave()
local entry = find(input.names[1])
local probing = input.probe and entry and entry.lease and entry.lease.probe == input.probe
giveBack()
if input.silent then noteSilence(input.silent, probing) end
return reply({})`,

  merge: `
for name, own in pairs(input.entries) do
  local entry = touch(name, own.need)
  if not entry.open then
    entry.open, entry.code, entry.failures = own.open, own.code, own.failures
    entry.level = math.max(entry.level, own.level)
  else
    entry.open.hardUntil = math.max(entry.open.hardUntil, own.open.hardUntil)
    if own.open["until"] > entry.open["until"] then
      entry.open["until"], entry.open.code, entry.open.effect = own.open["until"], own.open.code, own.open.effect
    end
  end
end
return reply({})`,

  reset: `
if not input.names[1] then redis.call('DEL', key)
else
  for _, name in ipairs(redis.call('HKEYS', key)) do
    local drop = false
    for _, prefix in ipairs(input.prefixes) do drop = drop or string.sub(name, 1, #prefix) == prefix end
    for _, own in ipairs(input.names) do drop = drop or name == own end
    if drop then redis.call('HDEL', key, name) end
  end
end
return cjson.encode({ now = now, entries = {} })`,

  hello: `
redis.call('SET', key, '1', 'PX', 1000)
return cjson.encode({ now = now, entries = {} })`,
};
