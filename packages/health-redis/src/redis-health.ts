import { randomUUID } from "node:crypto";
import type {
  AdmitOptions,
  Health,
  HealthFailure,
  HealthStore,
  HealthSubject,
  Permit,
  Refusal,
} from "@fallthrough/registry";
import {
  createSharedMemory,
  type Entry,
  graceOf,
  type Instance,
  type JoinedPermit,
  modelPrefix,
  needKey,
  needPrefix,
  PROBE_LEASE_MS,
  readEntry,
  scopeKey,
  serverOf,
  wholeNeed,
  writeEntry,
} from "@fallthrough/registry/shared-health";
import type { ScriptClient } from "./clients.ts";
import { createLink, type Link } from "./link.ts";
import { parseOptions, type RedisHealthOptions } from "./options.ts";
import { fromWire, limitOf, parseReply, type Reply, toDeclared } from "./reply.ts";
import { createScripts, type Scripts } from "./scripts.ts";

/** A health store on Redis or Valkey, which all processes of a fleet share. */
export interface RedisHealth extends Required<HealthStore> {
  /** Takes the failure of a call, and answers at once with what this process knows then. */
  fail(permit: Permit, failure: HealthFailure): Health;
  /** Whether the server is in use, and what it answered instead where it is not. */
  status(): { readonly shared: boolean; readonly problem?: string | undefined };
}

/** What a script is told, with the names of the entries that it is about. */
interface Input {
  readonly names: readonly string[];
}

/** What the server knows a call by. */
interface RemoteCall {
  readonly id: string;
  readonly order: number;
  /** Its first content is news for others: anything was open, or somebody waits. */
  open: boolean;
  /** How long its first content took, until that is told. */
  firstMs?: number | undefined;
  /** Fires when it has waited longer than is usual. */
  timer?: NodeJS.Timeout | undefined;
}

/** An outage leaves no more than this to do. */
const MOST_LATER = 1_000;
/** How often a caller who waits for the probe of another process looks for its end, and for how long. */
const LOOK_MS = 100;
const LOOKS = 20;

/**
 * A health store on Redis or Valkey: one probe, one row of failures and one ledger of limits for a whole fleet.
 *
 * The server is never in the way. A call waits for it 75 ms at most; then each process goes on with its own copy of
 * what is known, and uses the server again as soon as it answers.
 *
 * @throws `config` for options that are wrong
 */
export function createRedisHealth(options: RedisHealthOptions): RedisHealth {
  const { client, prefix = "ft:1", deadlineMs = 75 } = parseOptions(options);
  return createStore({ client, prefix, deadlineMs, scripts: createScripts() });
}

/** What a store is made of. */
export interface StoreParts {
  /** Runs the scripts. */
  readonly client: ScriptClient;
  /** What the names of all keys begin with. */
  readonly prefix: string;
  /** No call waits longer for the server, in milliseconds. */
  readonly deadlineMs: number;
  /** How long the server is left alone while it is away, in milliseconds. @default 1000 */
  readonly pauseMs?: number | undefined;
  /** What the server runs. */
  readonly scripts: Scripts;
  /** The clock of this process. @default `performance.now` */
  readonly now?: (() => number) | undefined;
  /** At least 0 and below 1. @default `Math.random` */
  readonly random?: (() => number) | undefined;
  /** Added to what each script is told. */
  readonly extra?: (() => object) | undefined;
}

/** A store of these parts. */
export function createStore(parts: StoreParts): RedisHealth {
  const { client, prefix, deadlineMs, pauseMs, scripts, extra } = parts;
  const { now = () => performance.now(), random = Math.random } = parts;
  const name = randomUUID().slice(0, 8);
  const memory = createSharedMemory({ process: `${name}-`, now, random });
  const { health: own } = memory;
  /** The shard of each entry that opened while the server was away. */
  const openedAlone = new Map<string, { readonly shard: string; readonly entry: Entry }>();
  const shards = new Set<string>();
  const looking = new Set<string>();
  /** What is done once the server is back. */
  const later: (() => void)[] = [];
  let calls = 0;
  /** How far the server's clock is ahead of this process's. */
  let shift = 0;

  const link: Link = createLink({
    client,
    deadlineMs,
    pauseMs,
    hello: { script: scripts.hello, key: `${prefix}:hello:${name}` },
    onBack(answered) {
      adopt(parseReply(answered), []);
      void mergeAll();
      for (const work of later.splice(0)) work();
    },
  });

  function shardOf({ provider, origin }: Instance): string {
    const shard = `${prefix}:{${origin === undefined ? provider : serverOf(origin)}}`;
    shards.add(shard);
    return shard;
  }

  async function run(
    verb: keyof Scripts,
    subject: Instance,
    input: Input,
    onLate?: (reply: Reply) => void,
  ): Promise<Reply | undefined> {
    const told = await link.run(scripts[verb], shardOf(subject), { ...extra?.(), ...input }, (late) => {
      const reply = parseReply(late);
      if (reply !== undefined) onLate?.(reply);
    });
    const reply = parseReply(told);
    adopt(reply, input.names);
    return reply;
  }

  /** Makes the own copy what the server says. */
  function adopt(reply: Reply | undefined, names: readonly string[]): void {
    if (reply === undefined) return;
    shift = reply.now - now();
    for (const name of names) {
      const record = reply.entries[name];
      const need = typeof record?.["need"] === "string" ? record["need"] : undefined;
      const entry = record === undefined ? memory.entries.get(name) : memory.entryAt(name, need);
      if (entry !== undefined) readEntry(entry, fromWire(record ?? {}), shift, now());
    }
  }

  function whenUp(work: () => void): void {
    if (link.isUp()) work();
    else if (later.length < MOST_LATER) later.push(work);
  }

  /** Tells the server what opened while it was away: of two cooldowns the longer one counts. */
  async function mergeAll(): Promise<void> {
    const byShard = new Map<string, Record<string, unknown>>();
    for (const [name, { shard, entry }] of openedAlone) {
      if (entry.open === undefined || entry.open.until <= now()) continue;
      const { failures, level, code, need, open } = writeEntry(entry, shift, now());
      byShard.set(shard, { ...byShard.get(shard), [name]: { failures, level, code, need, open } });
    }
    openedAlone.clear();
    for (const [shard, entries] of byShard)
      await link.run(scripts.merge, shard, { ...extra?.(), names: [], entries });
  }

  async function admit(subject: HealthSubject, options: AdmitOptions = {}): Promise<Permit | Refusal> {
    const { insist, firstChunkMs: leaseMs = PROBE_LEASE_MS, limits, characters } = options;
    if (!link.isUp()) return own.admit(subject, options);
    const names = memory.keysOf(subject);
    const id = `${name}-${++calls}`;
    const counts = memory.countsTokens(subject) || limits?.tokens !== undefined;
    const reply = await run(
      "admit",
      subject,
      {
        names,
        ...{ id, insist, random: random() },
        firstChunkMs: leaseMs,
        limits: limits && toDeclared(limits),
        characters: counts ? characters?.() : undefined,
      } as Input,
      (late) => {
        // the place of a probe that nobody takes is free for another
        if (late.admitted) whenUp(() => void run("release", subject, { names, id, probe: id } as Input));
      },
    );
    if (reply?.admitted === undefined) return own.admit(subject, options);
    if (!reply.admitted) return look(subject, memory.refuse(subject, limitOf(reply.lacking, reply.now)));
    const order = Number(reply.order);
    const mark: RemoteCall = { id, order, open: reply.open === true };
    const permit = memory.join(subject, {
      order: order - shift,
      firstChunkMs: leaseMs,
      probe: reply.probe ? id : undefined,
      mark,
    });
    watch(permit, mark);
    return permit;
  }

  /** Tells the fleet of a call that waits longer than is usual, which together with others is a sign. */
  function watch(permit: JoinedPermit, mark: RemoteCall): void {
    const { subject, firstChunkMs } = permit;
    const [model] = memory.entriesOf(subject);
    if (model === undefined || firstChunkMs === 0) return;
    mark.timer = setTimeout(
      () => {
        mark.open = true;
        void report("wait", permit, { wait: waitOf(permit) });
      },
      graceOf(model, firstChunkMs),
    );
    mark.timer.unref();
  }

  function waitOf({ subject, at, firstChunkMs }: JoinedPermit): object {
    const heardAt = memory.entriesOf(subject)[0]?.heardAt ?? at;
    return { at: Math.max(at, heardAt) + shift, firstChunkMs };
  }

  /** Takes that a call waits no more; gives how long it did, where it did. */
  function stopWatching(permit: Permit): number | undefined {
    const { subject, at } = permit as JoinedPermit;
    clearTimeout(remoteOf(permit)?.timer);
    const [model] = memory.entriesOf(subject);
    return model?.waiting.has(permit as JoinedPermit) ? now() - at : undefined;
  }

  /** Looks for the end of another process's probe while somebody here waits for it. */
  function look(subject: HealthSubject, refusal: Refusal): Refusal {
    const [model = ""] = memory.keysOf(subject);
    if (refusal.settled === undefined || looking.has(model)) return refusal;
    looking.add(model);
    let looks = 0;
    const timer = setInterval(() => {
      if (++looks >= LOOKS || !link.isUp()) end();
      else void run("peek", subject, { names: memory.keysOf(subject) });
    }, LOOK_MS);
    const end = (): void => {
      clearInterval(timer);
      looking.delete(model);
    };
    void refusal.settled.then(end);
    return refusal;
  }

  /** Tells the server what came of a call. */
  async function report(verb: keyof Scripts, permit: Permit, facts: object = {}): Promise<void> {
    const { subject, probe, order } = permit as JoinedPermit;
    const remote = remoteOf(permit);
    const names = memory.keysOf(subject);
    const known = { id: remote?.id ?? "", order: remote?.order ?? order + shift, probe, random: random() };
    if (link.isUp()) await run(verb, subject, { names, ...known, ...facts } as Input);
    if (!link.isUp()) noteAlone(subject, names);
  }

  function noteAlone(subject: Instance, names: readonly string[]): void {
    const shard = shardOf(subject);
    for (const name of names) {
      const entry = memory.entries.get(name);
      if (entry?.open !== undefined) openedAlone.set(name, { shard, entry });
    }
  }

  return {
    async peek(subject, options): Promise<Health> {
      if (link.isUp()) await run("peek", subject, { names: memory.keysOf(subject) });
      return own.peek(subject, options);
    },
    async room(subject, options) {
      if (link.isUp()) await run("peek", subject, { names: memory.keysOf(subject) });
      return own.room(subject, options);
    },
    admit,
    async commit(permit) {
      const firstMs = stopWatching(permit);
      own.commit(permit);
      const remote = remoteOf(permit);
      if (remote?.open !== false) await report("commit", permit, { firstMs });
      // the end of a whole answer tells the same
      else remote.firstMs = firstMs;
    },
    async note(permit, limits) {
      own.note(permit, limits);
      if (limits.length > 0) await report("note", permit, { limits });
    },
    async succeed(permit, usage) {
      const firstMs = stopWatching(permit) ?? remoteOf(permit)?.firstMs;
      own.succeed(permit, usage);
      const { inputTokens = 0, outputTokens = 0, totalTokens = inputTokens + outputTokens } = usage ?? {};
      const used = usage && { input: inputTokens, total: totalTokens };
      await report("succeed", permit, { firstMs, used });
    },
    fail(permit, failure) {
      const { subject } = permit;
      stopWatching(permit);
      const told = own.fail(permit, failure);
      const { second, ...first } = failure;
      void report("fail", permit, {
        failure: first,
        ...failedName(subject, first),
        second,
        siblings: modelPrefix(subject),
      });
      return told;
    },
    async release(permit, how) {
      const waited = stopWatching(permit);
      const silent = how?.silent && waited !== undefined ? waitOf(permit as JoinedPermit) : undefined;
      own.release(permit, how);
      await report("release", permit, { silent });
    },
    async reset(instance) {
      own.reset(instance);
      openedAlone.clear();
      if (instance !== undefined) {
        const names = memory.keysOf(instance);
        const prefixes = [modelPrefix(instance), needPrefix(instance)];
        await run("reset", instance, { names, prefixes } as Input);
        return;
      }
      await Promise.all(
        [...shards].map((shard) => link.run(scripts.reset, shard, { ...extra?.(), names: [] })),
      );
    },
    status() {
      const problem = link.problem()?.message;
      return { shared: link.isUp(), ...(problem === undefined ? {} : { problem }) };
    },
  };

  function failedName(
    subject: HealthSubject,
    failure: HealthFailure,
  ): { readonly failed: string; readonly need?: string } {
    const { scope } = failure;
    if (scope === "need") {
      const need = failure.need ?? wholeNeed(subject);
      return { failed: needKey(subject, need), need };
    }
    const { origin, provider } = subject;
    return { failed: scopeKey(subject, scope, origin === undefined ? provider : serverOf(origin)) };
  }
}

function remoteOf(permit: Permit): RemoteCall | undefined {
  return (permit as JoinedPermit).mark as RemoteCall | undefined;
}
