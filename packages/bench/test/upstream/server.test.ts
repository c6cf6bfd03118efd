import { afterAll, beforeAll, expect, test } from "vitest";
import type { Client } from "../../src/client.ts";
import { createFakegptClient } from "../../src/clients/fakegpt.ts";
import { createRegistryChain } from "../../src/clients/fallback.ts";
import { createProviderClient } from "../../src/clients/provider.ts";
import { createRegistryClient } from "../../src/clients/registry.ts";
import { createCumulativeFast, createCumulativeMin } from "../../src/floors/cumulative.ts";
import { createFloorChain } from "../../src/floors/fallback.ts";
import { createFloorFast } from "../../src/floors/fast.ts";
import { createFloorMin } from "../../src/floors/min.ts";
import { readStream } from "../../src/read.ts";
import { type Answer, formatBaseURL, type TextKind, type Writes } from "../../src/upstream/answer.ts";
import { startUpstreamServer, type UpstreamServer } from "../../src/upstream/server.ts";
import { textOf } from "../../src/upstream/text.ts";

const WRITES: readonly Writes[] = ["one", "sixteen", "all", "random"];
const TEXTS: readonly TextKind[] = ["plain", "escaped", "obfuscated"];
const STREAMS = WRITES.flatMap((writes) => TEXTS.map((text) => ({ writes, text })));

let upstream: UpstreamServer;
beforeAll(async () => {
  upstream = await startUpstreamServer();
});
afterAll(() => upstream.close());

async function read(create: (baseURL: string) => Client, answer: Answer, path?: string): Promise<string> {
  const client = create(formatBaseURL(upstream.origins[0], answer, path));
  const { text } = await readStream(client);
  await client.close?.();
  return text;
}

test.each(STREAMS)("$text text in writes of $writes reaches floors and clients whole", async (how) => {
  const answer = { kind: "openai", events: 200, ...how } as const;
  const readers = [
    createFloorMin,
    createFloorFast,
    createProviderClient,
    (baseURL: string) => createRegistryClient(baseURL, 3),
  ];

  for (const reader of readers) expect(await read(reader, answer)).toBe(textOf(answer));
});

test.each(STREAMS)(
  "a growing $text text in writes of $writes reaches floors and client whole",
  async (how) => {
    const answer = { kind: "fakegpt", events: 40, ...how } as const;

    for (const reader of [createCumulativeMin, createCumulativeFast, createFakegptClient]) {
      expect(await read(reader, answer, "")).toBe(textOf(answer));
    }
  },
);

test("a JSON answer is as long as was asked", async () => {
  const answer = { kind: "json", size: 1_650, text: "escaped" } as const;
  const client = createFloorMin(formatBaseURL(upstream.origins[0], answer));

  const text = await client.whole();
  await client.close?.();

  expect(text).toBe(textOf(answer));
  expect(text).toHaveLength(1_650);
});

test.each([
  { kind: "status", status: 429 },
  { kind: "status", status: 500 },
  { kind: "block-page" },
] as const)("a chain falls over after %j", async (answer) => {
  const good = { kind: "openai", events: 3 } as const;
  const baseURLs = [formatBaseURL(upstream.origins[0], answer), formatBaseURL(upstream.origins[1], good)];

  for (const create of [createFloorChain, createRegistryChain]) {
    const chain = create(baseURLs, false);
    let text = "";
    for await (const piece of chain.prepare()()) text += piece;
    await chain.close?.();
    expect(text).toBe(textOf(good));
  }
});

test("nobody listens at the origin that refuses", async () => {
  const client = createFloorMin(`${upstream.refused}/v1`);

  await expect(client.whole()).rejects.toThrow("ECONNREFUSED");
});
