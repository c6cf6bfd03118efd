import type { AdmitOptions, LimitState } from "@fallthrough/registry";
import type { Allowance, EntryRecord } from "@fallthrough/registry/shared-health";

/** What a script answers. */
export interface Reply {
  /** The server's time, in milliseconds. */
  readonly now: number;
  /** What is remembered, by the names that were asked for. */
  readonly entries: Readonly<Record<string, EntryRecord>>;
  /** Whether the call may be made; told by `admit` alone. */
  readonly admitted?: boolean | undefined;
  /** Whether it is the probe. */
  readonly probe?: boolean | undefined;
  /** Its place among all calls, which is the server's time. */
  readonly order?: string | undefined;
  /** Whether anything was open. */
  readonly open?: boolean | undefined;
  /** The limit that has no room. */
  readonly lacking?: EntryRecord | undefined;
}

/** A reply, or `undefined` for what is none. */
export function parseReply(told: unknown): Reply | undefined {
  if (typeof told !== "string") return undefined;
  try {
    const reply: Reply = JSON.parse(told);
    return typeof reply.now === "number" && typeof reply.entries === "object" ? reply : undefined;
  } catch {
    return undefined;
  }
}

/** An entry of the server as a record: Lua has one kind of table, and calls have names there. */
export function fromWire(record: EntryRecord): EntryRecord {
  const ledger = record["ledger"] as { readonly reserved?: object } | undefined;
  if (ledger === undefined) return record;
  const shares = Object.values(ledger.reserved ?? {}) as {
    readonly order: number;
    readonly characters: number;
    readonly tokens: number;
  }[];
  const reserved = shares.map(({ order, characters, tokens }) => [order, characters, tokens]);
  return { ...record, ledger: { ...ledger, reserved } };
}

/** What is declared, as the allowances that the server keeps. */
export function toDeclared(limits: NonNullable<AdmitOptions["limits"]>): object[] {
  return (["requests", "tokens"] as const).flatMap((unit) =>
    Object.entries(limits[unit] ?? {}).flatMap(([window, limit]) =>
      limit === undefined ? [] : [{ unit, window, limit, left: limit }],
    ),
  );
}

/** An allowance of the server as what is left of a limit. */
export function limitOf(allowance: EntryRecord | undefined, now: number): LimitState | undefined {
  if (allowance === undefined) return undefined;
  const { name, unit, window, limit, left, until } = allowance as unknown as Partial<Allowance>;
  if (unit === undefined || left === undefined) return undefined;
  const remainingMs = until === undefined ? 0 : Math.max(0, until - now);
  const source = name === undefined ? "declared by the preset" : "told by the server";
  return { unit, window, limit, left, remainingMs, source };
}
