import { inspect } from "node:util";
import { ChatError, type ChatErrorCode, chat, type Phase, type Timeouts } from "@fallthrough/core";
import { ChainExhaustedError, createChain } from "@fallthrough/registry";
import {
  type FaultScript,
  type SocketServer,
  type SocketServerOptions,
  startFaultServer,
} from "@fallthrough/testkit";
import { expect } from "vitest";
import type { Consume, FaultRow } from "./row.ts";
import { eventsAnswer, SECRET, type WireSettings, wireProvider } from "./wire-provider.ts";

/** A row whose fault is what a server does on its sockets. */
export interface SocketFault {
  readonly row: number;
  readonly fault: string;
  readonly sent: string;
  readonly scripts: readonly FaultScript[];
  readonly server?: SocketServerOptions | undefined;
  readonly settings?: WireSettings | undefined;
  /** Milliseconds; each is at most 300. */
  readonly timeouts?: Timeouts | undefined;
  readonly code: ChatErrorCode;
  readonly follows: "next" | "int";
  readonly phase?: Phase | undefined;
  /** What had arrived, for "int". @default some text */
  readonly partial?: string | undefined;
  /** How long undoing the encoding may take. @default 0 */
  readonly workMs?: number | undefined;
  /** Connections that the faulty server may see. @default 1 */
  readonly connections?: number | undefined;
}

const QUESTION = "What does a chain do with a fault like this one?";
/** What a failure may take beyond the limit that ends it. */
const SLACK_MS = 1_000;

/** The row of a fault on the socket, tried against a chain whose second and third candidate are healthy. */
export function socketRow({ scripts, server: options, ...fault }: SocketFault): FaultRow {
  return {
    ...fault,
    async run(consume) {
      const faulty = await startFaultServer(scripts, options);
      try {
        await tryChain(faulty, fault, consume);
        await allClosed(faulty);
      } finally {
        await faulty.close();
      }
      expect(faulty.connections).toBe(fault.connections ?? 1);
    },
  };
}

async function tryChain(
  faulty: SocketServer,
  fault: Omit<SocketFault, "scripts" | "server">,
  consume: Consume,
): Promise<void> {
  const healthy = await Promise.all([startHealthyServer("the second"), startHealthyServer("the third")]);
  const providers = [
    wireProvider("first", faulty.origin, fault.settings),
    ...healthy.map(({ origin }, index) => wireProvider(["second", "third"][index] as string, origin)),
  ];
  const before = activeTimers();
  const started = performance.now();
  const reply = chat(createChain(providers, { timeouts: fault.timeouts }), {
    messages: [{ role: "user", content: QUESTION }],
  });

  const { text, parts, error } = await consume(reply);

  const elapsed = performance.now() - started;
  expect(elapsed).toBeLessThan(
    Math.max(0, ...Object.values(fault.timeouts ?? {})) + (fault.workMs ?? 0) + SLACK_MS,
  );
  const [first, second] = reply.route.attempts;
  expect(first).toMatchObject({ provider: "first", outcome: "failed", code: fault.code });
  if (fault.phase !== undefined) expect(first?.phase).toBe(fault.phase);
  if (fault.follows === "next") {
    expect(error).toBeUndefined();
    expect(text).toBe("the second answers");
    if (parts !== undefined)
      expect(parts.map(({ type }) => type)).toEqual(["text-delta", "text-delta", "finish"]);
    expect(second).toMatchObject({ provider: "second", outcome: "answered" });
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
  await Promise.all(providers.map((provider) => provider.close?.()));
  expect(activeTimers()).toBeLessThanOrEqual(before);
  await Promise.all(healthy.map((server) => server.close()));
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
