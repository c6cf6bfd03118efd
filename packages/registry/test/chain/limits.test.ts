import { type ChatProvider, chat, type ProviderSettings } from "@fallthrough/core";
import { providerCard } from "@fallthrough/core/internal";
import { httpResponse, type SocketServer, startFaultServer } from "@fallthrough/testkit";
import { afterEach, expect, test } from "vitest";
import { ChainExhaustedError, createChain, createMemoryHealth, createRegistry } from "../../src/index.ts";
import { answer, fakeProvider, QUESTION } from "../fake-provider.ts";
import { wireProvider } from "../faults/wire-provider.ts";

const READ = { read: "request" } as const;
const CARD = {
  specificationVersion: 1,
  id: "limited",
  name: "Limited",
  status: { state: "active", checked: "2026-01-01" },
  models: [{ id: "m" }],
};

const servers: SocketServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

/** A server whose n-th answer has these headers, and a provider that asks it. */
async function told(...heads: readonly Readonly<Record<string, string>>[]): Promise<ChatProvider> {
  const script = heads.flatMap((headers) => [
    READ,
    {
      send: httpResponse({
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify({ text: "from the first" }),
      }),
    },
  ]);
  const server = await startFaultServer([script]);
  servers.push(server);
  return wireProvider("first", server.origin, { answer: "json" });
}

/** A provider whose settings declare these limits. */
function declared(limits: ProviderSettings["limits"]): ChatProvider {
  return { ...fakeProvider("limited", [answer("here")]), ...providerCard({ fallthrough: CARD }, { limits }) };
}

const spare = () => fakeProvider("spare", [answer("from the spare one")]);

test("services.md §2: a remaining of 0 on a success sends the next call elsewhere until the reset", async () => {
  const time = { now: 0 };
  const health = createMemoryHealth({ now: () => time.now });
  const first = await told(
    {
      "x-ratelimit-limit-requests": "30",
      "x-ratelimit-remaining-requests": "0",
      "x-ratelimit-reset-requests": "6m0s",
    },
    {},
  );
  const chain = createChain([first, spare()], { health });

  const texts = [await chat(chain, QUESTION).text(), await chat(chain, QUESTION).text()];
  const { route } = await chat(chain, QUESTION).result();
  time.now += 360_000;
  texts.push(await chat(chain, QUESTION).text());

  expect(texts).toEqual(["from the first", "from the spare one", "from the first"]);
  expect(route.attempts[0]).toMatchObject({ provider: "first", outcome: "skipped", code: "rate-limit" });
  expect(route.attempts[0]?.reason).toMatch(
    /^no room until \d{4}-.+Z, 0 of 30 requests left \(told by the server\)$/,
  );
});

test("alone, one without room is not asked: the error says until when, and what is left", async () => {
  const only = declared({ requests: { minute: 1 } });
  const chain = createChain([only]);
  await chat(chain, QUESTION).text();

  const error = await chat(chain, QUESTION)
    .text()
    .catch((reason: unknown) => reason);

  expect(error).toBeInstanceOf(ChainExhaustedError);
  const { code, retryAt, message } = error as ChainExhaustedError;
  expect(code).toBe("rate-limit");
  expect(Number(retryAt) - Date.now()).toBeGreaterThan(55_000);
  expect(message).toContain("0 of 1 requests left this minute (declared by the preset)");
});

test("a request that is too long for what is left goes elsewhere, and a short one does not", async () => {
  const chain = createChain([declared({ tokens: { minute: 1_000 } }), spare()]);
  const long = { messages: [{ role: "user" as const, content: "x".repeat(3_000) }] };

  const routes = [];
  for (const request of [long, long, QUESTION])
    routes.push((await chat(chain, request).result()).route.provider);

  expect(routes).toEqual(["limited", "spare", "limited"]);
});

test("what is left is explained, before a call and after it", async () => {
  const registry = createRegistry({ providers: [declared({ requests: { minute: 30, day: 900 } })] });
  const limits = async () => {
    const [step] = (await registry.explain("limited")).filter(({ type }) => type === "candidate");
    return step?.type === "candidate"
      ? step.limits?.map(({ text, until }) => [text, until !== undefined])
      : [];
  };

  expect(await limits()).toEqual([
    ["30 of 30 requests left this minute (declared by the preset)", false],
    ["900 of 900 requests left this day (declared by the preset)", false],
  ]);
  await registry.chat(QUESTION).text();
  expect(await limits()).toEqual([
    ["29 of 30 requests left this minute (declared by the preset)", true],
    ["899 of 900 requests left this day (declared by the preset)", true],
  ]);
});

test("a store that answers later can share the ledger", async () => {
  const memory = createMemoryHealth();
  const health = {
    ...memory,
    peek: async (...all: Parameters<typeof memory.peek>) => memory.peek(...all),
    admit: async (...all: Parameters<typeof memory.admit>) => memory.admit(...all),
    note: async (...all: Parameters<typeof memory.note>) => memory.note(...all),
    succeed: async (...all: Parameters<typeof memory.succeed>) => memory.succeed(...all),
  };
  const chains = [1, 2].map(() => createChain([declared({ requests: { minute: 1 } }), spare()], { health }));

  const texts = [];
  for (const chain of chains) texts.push(await chat(chain, QUESTION).text());

  expect(texts).toEqual(["here", "from the spare one"]);
});

test("each call declares the same object, so that a ledger reads it once", async () => {
  const memory = createMemoryHealth();
  const seen: unknown[] = [];
  const health: typeof memory = {
    ...memory,
    admit(subject, options) {
      seen.push(options?.limits);
      return memory.admit(subject, options);
    },
  };
  const chain = createChain([declared({ requests: { minute: 9 } })], { health });

  await chat(chain, QUESTION).text();
  await chat(chain, QUESTION).text();

  expect(seen).toEqual([{ requests: { minute: 9 } }, { requests: { minute: 9 } }]);
  expect(seen[0]).toBe(seen[1]);
});
