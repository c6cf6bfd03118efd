import { type ChatProvider, type ChatRequest, chat, type Route } from "@fallthrough/core";
import { type FaultScript, type SocketServer, startFaultServer } from "@fallthrough/testkit";
import { expect } from "vitest";
import { type ChainOptions, createChain } from "../../src/index.ts";
import type { Consume, Consumed, FaultRow } from "./row.ts";
import { activeTimers, allClosed, expectNoSecret, startHealthyServer } from "./socket-row.ts";
import { type WireSettings, wireProvider } from "./wire-provider.ts";

/** What a row does, beside what it says of itself. */
export interface ChainTrial {
  /** One server for each list of scripts, before those that are healthy. */
  readonly servers: readonly (readonly FaultScript[])[];
  /** How many healthy servers stand behind them. @default 1 */
  readonly healthy?: number | undefined;
  readonly settings?: WireSettings | undefined;
  /** Of the servers that are not healthy. @default a wire provider */
  readonly provider?: ((id: string, origin: string) => ChatProvider) | undefined;
  readonly options?: ChainOptions | undefined;
  readonly check: (trial: Trial) => Promise<void> | void;
}

/** A chain of wire providers named "p1", "p2" and so on, each with its server. */
interface Trial {
  readonly servers: readonly SocketServer[];
  readonly providers: readonly ChatProvider[];
  readonly chain: ChatProvider;
  /** Asks the chain once. */
  ask(request?: Partial<ChatRequest>): Promise<Asked>;
}

/** What came of one question. */
interface Asked extends Consumed {
  /** `provider:outcome:code` of each attempt. */
  readonly attempts: readonly string[];
  readonly route: Route;
}

/** The row of a fault that takes several servers, several calls or a look at the health of the chain. */
export function chainRow(row: Omit<FaultRow, "run">, trial: ChainTrial): FaultRow {
  return {
    ...row,
    run: (consume) => runTrial(trial, consume),
  };
}

/** An answer that is one, however odd. */
export interface OddAnswer {
  readonly row: number;
  readonly fault: string;
  readonly sent: string;
  readonly scripts: readonly FaultScript[];
  readonly settings?: WireSettings | undefined;
  /** @default a wire provider */
  readonly provider?: ChainTrial["provider"];
  readonly options?: ChainOptions | undefined;
  readonly text: string;
  /** What else must hold of it. */
  readonly check?: ((asked: Asked) => void) | undefined;
}

/** The row of an answer that must not be taken for a fault: the next candidate is not asked. */
export function answerRow({ row, fault, sent, scripts, text, check, ...trial }: OddAnswer): FaultRow {
  return chainRow(
    { row, fault, sent, code: "-", follows: "answer" },
    {
      ...trial,
      servers: [scripts],
      async check({ ask, servers: [, next] }) {
        const asked = await ask();

        expect(asked.error).toBeUndefined();
        expect(asked.text).toBe(text);
        expect(asked.attempts).toEqual(["p1:answered"]);
        expect(next?.connections).toBe(0);
        check?.(asked);
      },
    },
  );
}

async function runTrial({ check, ...trial }: ChainTrial, consume: Consume): Promise<void> {
  const faulty = await Promise.all(trial.servers.map((scripts) => startFaultServer(scripts)));
  const healthy = await Promise.all(
    Array.from({ length: trial.healthy ?? 1 }, (_, index) => startHealthyServer(`healthy ${index + 1}`)),
  );
  const servers = [...faulty, ...healthy];
  const { provider: create, settings } = trial;
  const providers = servers.map(({ origin }, index) => {
    const id = `p${index + 1}`;
    const isFaulty = index < faulty.length;
    return isFaulty && create !== undefined ? create(id, origin) : wireProvider(id, origin, settings);
  });
  const chain = createChain(providers, trial.options);

  async function ask(request: Partial<ChatRequest> = {}): Promise<Asked> {
    const reply = chat(chain, { messages: [{ role: "user", content: "What now?" }], ...request });
    const consumed = await consume(reply);
    expectNoSecret(consumed.error, reply.route);
    const attempts = reply.route.attempts.map(({ provider, outcome, code }) =>
      [provider, outcome, code ?? []].flat().join(":"),
    );
    return { ...consumed, attempts, route: reply.route };
  }

  const before = activeTimers();
  try {
    await check({ servers, providers, chain, ask });
    await chain.close?.();
    await Promise.all(servers.map(allClosed));
    expect(activeTimers()).toBeLessThanOrEqual(before);
  } finally {
    await Promise.all(servers.map((server) => server.close()));
  }
}
