import { chat } from "@fallthrough/core";
import { createCertificate, type FaultScript, httpResponse, startFaultServer } from "@fallthrough/testkit";
import { Agent, type Dispatcher } from "undici";
import { expect } from "vitest";
import { createChain, createMemoryHealth } from "../../src/index.ts";
import type { FaultRow } from "./row.ts";
import { expectNoSecret, type FirstFault, firstRow, type SocketFault, socketRow } from "./socket-row.ts";
import { closedPort, resolving, startBlackhole, systemError } from "./unreachable.ts";
import { eventsAnswer, wireProvider } from "./wire-provider.ts";

const READ = { read: "request" } as const;
const REFUSED = { row: 3, fault: "ECONNREFUSED", code: "network", phase: "connect" } as const;
const HANG = { timeouts: { connectMs: 150 }, code: "timeout", phase: "connect", follows: "next" } as const;
const UNTRUSTED = { row: 6, code: "tls", phase: "connect", follows: "next" } as const;
const DAY = 24 * 60 * 60 * 1000;

/** A first candidate behind a dispatcher of the caller's. */
function dispatchedRow(fault: Omit<FirstFault, "follows">, origin: string, open: () => Dispatcher): FaultRow {
  return firstRow({ ...fault, follows: "next" }, async () => {
    const dispatcher = open();
    return {
      provider: wireProvider("first", origin, { dispatcher }),
      close: () => dispatcher.destroy(),
    };
  });
}

/** Nobody elsewhere can be reached: the verdict is about this machine. */
function offlineRow(codes: readonly [string, string]): FaultRow {
  return {
    row: 2,
    fault: "no name resolves, no network",
    sent: `${codes.join(" and ")} on two origins`,
    code: "offline",
    follows: "stop",
    async run(consume) {
      const dispatchers = codes.map((code) => resolving(systemError(code)));
      const providers = dispatchers.map((dispatcher, index) =>
        wireProvider(`p${index}`, `https://p${index}.example`, { dispatcher }),
      );
      const health = createMemoryHealth();
      const chain = createChain(providers, { health });
      const asked = [];

      for (let call = 0; call < 4; call++) {
        const reply = chat(chain, { messages: [{ role: "user", content: "Is anybody there?" }] });
        const { error } = await consume(reply);
        asked.push({ error, attempts: reply.route.attempts.map(({ code }) => code) });
        expectNoSecret(error, reply.route);
      }

      await chain.close?.();
      await Promise.all(dispatchers.map((dispatcher) => dispatcher.destroy()));
      for (const { error, attempts } of asked) {
        expect(error).toMatchObject({ code: "offline" });
        expect(attempts).toEqual(["network", "network"]);
      }
      expect(providers.map(({ id }) => health.peek({ provider: id, model: "" }).state)).toEqual([
        "well",
        "well",
      ]);
    },
  };
}

/** Refused, and nobody else is left. */
const REFUSED_ALONE: FaultRow = {
  ...REFUSED,
  sent: "nothing listens, alone",
  follows: "stop",
  async run(consume) {
    const provider = wireProvider("only", `http://127.0.0.1:${await closedPort()}`);
    const reply = chat(createChain([provider]), { messages: [{ role: "user", content: "Hello?" }] });

    const { error } = await consume(reply);

    await provider.close?.();
    expect(error).toMatchObject({ code: "network" });
    expect(reply.route.attempts.map(({ code, phase }) => [code, phase])).toEqual([
      ["network", "connect"],
      ["network", "connect"],
    ]);
    expectNoSecret(error);
  },
};

/** The name has a dead address of version 6 and a live one of version 4. */
const DEAD_ADDRESS: FaultRow = {
  row: 5,
  fault: "AAAA dead, A alive",
  sent: "a refused ::1 in front of a live 127.0.0.1",
  code: "-",
  follows: "answer",
  async run(consume) {
    const live = await startFaultServer([[READ, { send: eventsAnswer("here ", "it is") }]]);
    const dispatcher = resolving(["::1", "127.0.0.1"]);
    const origin = `http://name.localhost:${live.port}`;
    const health = createMemoryHealth();
    const provider = wireProvider("first", origin, { dispatcher });
    const reply = chat(createChain([provider], { health }), {
      messages: [{ role: "user", content: "Hello?" }],
    });

    const { text } = await consume(reply);

    await dispatcher.destroy();
    await live.close();
    expect(text).toBe("here it is");
    expect(reply.route.attempts).toMatchObject([{ provider: "first", outcome: "answered" }]);
    expect(health.peek({ provider: "first", model: "" })).toMatchObject({ state: "well", repeats: 0 });
  },
};

/** A certificate that must not be accepted; `trusted`: as an authority it would be. */
function certificateRow(
  sent: string,
  certificate: Awaited<ReturnType<typeof createCertificate>>,
  trusted: boolean,
): FaultRow {
  const fault = { ...UNTRUSTED, fault: "certificates", sent };
  return {
    ...fault,
    async run(consume) {
      const dispatcher = trusted ? new Agent({ connect: { ca: certificate.cert } }) : undefined;
      const scripts: readonly FaultScript[] = [[READ, { send: eventsAnswer("never") }]];

      await socketRow({ ...fault, scripts, server: { tls: certificate }, settings: { dispatcher } })
        .run(consume)
        .finally(() => dispatcher?.destroy());
    },
  };
}

const SOCKETS: readonly SocketFault[] = [
  {
    row: 4,
    fault: "no connection in time",
    sent: "silence in the TLS handshake",
    scripts: [[{ hold: true }]],
    provider: ({ port }) => wireProvider("first", `https://127.0.0.1:${port}`),
    ...HANG,
  },
  {
    row: 7,
    fault: "the other protocol",
    sent: "TLS to a plain port",
    scripts: [[{ send: httpResponse({ status: 400 }) }, { hold: true }]],
    provider: ({ port }) => wireProvider("first", `https://127.0.0.1:${port}`),
    code: "tls",
    follows: "next",
  },
  {
    row: 7,
    fault: "the other protocol",
    sent: "HTTP to a TLS port",
    scripts: [[READ]],
    server: { tls: await createCertificate() },
    provider: ({ port }) => wireProvider("first", `http://127.0.0.1:${port}`),
    code: "network",
    follows: "next",
  },
];

/** Faults of names, connections and TLS. */
export const CONNECT_ROWS: readonly FaultRow[] = [
  ...["ENOTFOUND", "EAI_AGAIN", "ENETUNREACH"].map((code) =>
    dispatchedRow(
      { row: 1, fault: "a name that does not resolve", sent: code, code: "network", phase: "connect" },
      "https://first.example",
      () => resolving(systemError(code)),
    ),
  ),
  offlineRow(["ENOTFOUND", "ENOTFOUND"]),
  offlineRow(["EAI_AGAIN", "ENETUNREACH"]),
  firstRow({ ...REFUSED, sent: "nothing listens, others left", follows: "next" }, async () => {
    const provider = wireProvider("first", `http://127.0.0.1:${await closedPort()}`);
    return { provider, close: async () => {} };
  }),
  REFUSED_ALONE,
  ...SOCKETS.map(socketRow),
  firstRow({ row: 4, fault: "no connection in time", sent: "no answer to the SYN", ...HANG }, async () => {
    const blackhole = await startBlackhole();
    return { provider: wireProvider("first", blackhole.origin), close: blackhole.close };
  }),
  DEAD_ADDRESS,
  certificateRow("self-signed", await createCertificate(), false),
  certificateRow(
    "expired",
    await createCertificate({
      validFrom: new Date(Date.now() - 2 * DAY),
      validTo: new Date(Date.now() - DAY),
    }),
    true,
  ),
  certificateRow("another name", await createCertificate({ names: ["another.example"] }), true),
];
