import type { StreamPart } from "@fallthrough/core";
import { expect, test } from "vitest";
import { startGateway } from "../src/index.ts";
import { memoryProvider, registryOf, textOf } from "./case.ts";

const STREAMS = 200;
const CHUNKS = 200;

test("200 streams of 200 chunks at once lose nothing and keep their order", { timeout: 30_000 }, async () => {
  const provider = memoryProvider("one", ({ messages }) => {
    const own = messages[0]?.content;
    const deltas = Array.from(
      { length: CHUNKS },
      (_, index): StreamPart => ({ type: "text-delta", delta: `${own}:${index} ` }),
    );
    // a pause in the middle, so that the streams really run side by side
    return [
      ...deltas.slice(0, CHUNKS / 2),
      50,
      ...deltas.slice(CHUNKS / 2),
      { type: "finish", finishReason: "stop" } as const,
    ];
  });
  const gateway = await startGateway(registryOf(provider), { port: 0, maxCalls: STREAMS });

  const texts = await Promise.all(
    Array.from({ length: STREAMS }, async (_, index) => {
      const response = await fetch(`${gateway.baseURL}/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ stream: true, messages: [{ role: "user", content: `${index}` }] }),
      });
      return textOf(await response.text());
    }),
  );

  const expected = (own: number) => Array.from({ length: CHUNKS }, (_, index) => `${own}:${index} `).join("");
  expect(texts).toEqual(Array.from({ length: STREAMS }, (_, index) => expected(index)));
  expect(provider.open).toBe(0);
  await gateway.close();
});
