import { inspect } from "node:util";
import {
  type ChainTimeouts,
  ChatError,
  type ChatErrorCode,
  type ChatProvider,
  chat,
  type Phase,
} from "@fallthrough/core";
import {
  type FaultScript,
  type SocketServer,
  type SocketServerOptions,
  startFaultServer,
} from "@fallthrough/testkit";
import { expect } from "vitest";
import { ChainExhaustedError, type ChainOptions, createChain } from "../../src/index.ts";
import type { Consume, FaultRow } from "./row.ts";
import { eventsAnswer, SECRET, type WireSettings, wireProvider } from "./wire-provider.ts";

/** A fault of the first of three candidates, and what must come of it. */
export interface FirstFault {
  readonly row: number;
  readonly fault: string;
  readonly sent: string;
  /** Of the chain, in milliseconds; each is at most 300. */
  readonly timeouts?: ChainTimeouts | undefined;
  readonly options?: ChainOptions | undefined;
  readonly code: ChatErrorCode;
  readonly follows: "next" | "int";
  readonly phase?: Phase | undefined;
  /** What had arrived, for "int". @default some text */
  readonly partial?: string | undefined;
  /** How long undoing the encoding may take. @default 0 */
  readonly workMs?: number | undefined;
}

/** A row whose fault is what a server does on its sockets. */
export interface SocketFault extends FirstFault {
  readonly scripts: readonly FaultScript[];
  readonly server?: SocketServerOptions | undefined;
  readonly settings?: WireSettings | undefined;
  /** @default a wire provider at the origin of the server */
  readonly provider?: ((server: SocketServer) => ChatProvider) | undefined;
  /** Connections that the faulty server may see. @default 1 */
  readonly connections?: number | undefined;
}

/** The first candidate of a row. */
export interface First {
  readonly provider: ChatProvider;
  /** Called behind the row, also where it does not hold; @throws when something is left open */
  close(): Promise<void>;
}

const QUESTION = "What does a chain do with a fault like this one?";
/** What a failure may take beyond the limit that ends it. */
const SLACK_MS = 1_000;

/** The row of a fault on the socket. */
export function socketRow({ scripts, server: options, settings, provider, ...fault }: SocketFault): FaultRow {
  return firstRow(fault, async () => {
    const server = await startFaultServer(scripts, options);
    return {
      provider: provider?.(server) ?? wireProvider("first", server.origin, settings),
      async close() {
        await allClosed(server).finally(() => server.close());
        expect(server.connections).toBe(fault.connections ?? 1);
      },
    };
  });
}

/** The row of a fault of the first candidate, tried against a chain whose second and third are healthy. */
export function firstRow(fault: FirstFault, start: () => Promise<First>): FaultRow {
  return {
    ...fault,
    async run(consume) {
      const first = await start();
      const healthy = await Promise.all([startHealthyServer("the second"), startHealthyServer("the third")]);
      try {
        await tryChain(first.provider, healthy, fault, consume);
      } finally {
        await Promise.all(healthy.map((server) => server.close()));
        await first.close();
      }
    },
  };
}

async function tryChain(
  first: ChatProvider,
  healthy: readonly SocketServer[],
  fault: FirstFault,
  consume: Consume,
): Promise<void> {
  const names = ["second", "third"];
  const chain = createChain(
    [first, ...healthy.map(({ origin }, index) => wireProvider(names[index] as string, origin))],
    { timeouts: fault.timeouts, ...fault.options },
  );
  const before = activeTimers();
  const started = performance.now();
  const reply = chat(chain, { messages: [{ role: "user", content: QUESTION }] });

  const { text, parts, error } = await consume(reply);

  const elapsed = performance.now() - started;
  expect(elapsed).toBeLessThan(
    Math.max(0, ...Object.values(fault.timeouts ?? {})) + (fault.workMs ?? 0) + SLACK_MS,
  );
  const [failed, answered] = reply.route.attempts;
  expect(failed).toMatchObject({ provider: "first", outcome: "failed", code: fault.code });
  if (fault.phase !== undefined) expect(failed?.phase).toBe(fault.phase);
  if (fault.follows === "next") {
    expect(error).toBeUndefined();
    expect(text).toBe("the second answers");
    if (parts !== undefined)
      expect(parts.map(({ type }) => type)).toEqual(["text-delta", "text-delta", "finish"]);
    expect(answered).toMatchObject({ provider: "second", outcome: "answered" });
    expect(healthy.map(({ requests }) => requests.length)).toEqual([1, 0]);
  } else {
    expect(error).toBeInstanceOf(ChatError);
    const arrived = (error as ChatError).partial?.text;
    if (fault.partial === undefined) expect(arrived).not.toBe("");
    else expect(arrived).toBe(fault.partial);
    if (parts !== undefined) expect(text).toBe(arrived);
    expect(healthy.map(({ connections }) => connections)).toEqual([0, 0]);
  }
  expectNoSecret(error, reply.route);
  await chain.close?.();
  expect(activeTimers()).toBeLessThanOrEqual(before);
}

/** A server that answers every request on its connections with two deltas. */
export function startHealthyServer(name: string): Promise<SocketServer> {
  const turns = Array.from(
    { length: 8 },
    () => [{ read: "request" }, { send: eventsAnswer(name, " answers") }] as const,
  );
  return startFaultServer([turns.flat()]);
}

/** Waits until the peer has left every connection of this server; @throws after a second */
export async function allClosed(server: SocketServer): Promise<void> {
  const timer = setTimeout(() => void server.close(), SLACK_MS);
  await server.closed();
  clearTimeout(timer);
  expect(server.open).toBe(0);
}

/** Nothing that a caller can print holds a secret or the question. */
export function expectNoSecret(...values: readonly unknown[]): void {
  for (const value of values) {
    const shown = [
      inspect(value, { depth: 8, showHidden: false }),
      JSON.stringify(value) ?? "",
      String(value),
    ];
    if (value instanceof ChainExhaustedError) shown.push(value.message);
    for (const text of shown) {
      expect(text).not.toContain(SECRET);
      expect(text).not.toContain(QUESTION.slice(0, 24));
    }
  }
}

/** Timers that keep this process alive. */
export function activeTimers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
}
