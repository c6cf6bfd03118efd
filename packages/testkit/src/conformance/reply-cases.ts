import type { ChatResult } from "@fallthrough/core";
import { expect } from "vitest";
import { withBody, withUnknownFields } from "./answer-bytes.ts";
import { readParts } from "./ask.ts";
import type { ConformanceCase, Kit } from "./kit.ts";

const CALLS = ["alpha", "bravo", "charlie", "delta"];

/** What a provider makes of a good answer. */
export const REPLY_CASES: readonly ConformanceCase[] = [
  {
    title: "the recorded answer is the reply",
    async run(kit) {
      const { provider } = await kit.stage();

      expectReply(kit, await kit.ask(provider));
      expectReply(kit, await kit.ask(provider));
    },
  },
  {
    title: "a good answer ends with a `finish`",
    async run(kit) {
      const { provider } = await kit.stage();
      const parts = await readParts(provider, kit.request());

      expect(parts.map(({ type }) => type)).toContain("finish");
    },
  },
  {
    title: "nothing follows the `finish`",
    async run(kit) {
      const { provider } = await kit.stage();
      const types = (await readParts(provider, kit.request())).map(({ type }) => type);

      expect(types.includes("finish") ? types.slice(types.indexOf("finish") + 1) : []).toEqual([]);
    },
  },
  ...[1, 7].map(
    (bytesPerPiece): ConformanceCase => ({
      title: `the reply is the same in pieces of ${bytesPerPiece} byte${bytesPerPiece === 1 ? "" : "s"}`,
      async run(kit) {
        const { provider } = await kit.stage({ bytesPerPiece });

        expectReply(kit, await kit.ask(provider));
      },
    }),
  ),
  {
    title: "a slow answer is the same reply",
    async run(kit) {
      const { provider } = await kit.stage({ bytesPerPiece: 1024, everyMs: 10 });

      expectReply(kit, await kit.ask(provider));
    },
  },
  {
    title: "unknown fields of the response change nothing",
    async run(kit) {
      const { provider } = await kit.stage({
        script: (response) => [{ send: withBody(response, withUnknownFields(response)) }],
      });

      expectReply(kit, await kit.ask(provider));
    },
  },
  {
    title: "calls at the same time are independent",
    async run(kit) {
      const { provider, server } = await kit.stage({ bytesPerPiece: 64, everyMs: 1 });
      const contents = CALLS.map((name) => `question${name}`);
      const results = await Promise.all(
        contents.map((content) => kit.ask(provider, { messages: [{ role: "user", content }] })),
      );

      for (const result of results) expectReply(kit, result);
      const asked = server.requests.map(({ path, body }) =>
        contents.filter((content) => (path + body).includes(content)),
      );
      expect([...new Set(asked.flat())].sort(), "the questions that were sent").toEqual(contents);
      expect(Math.max(...asked.map((found) => found.length)), "questions in one request").toBe(1);
    },
  },
  {
    title: "two instances share nothing",
    async run(kit) {
      const first = await kit.stage({ settings: { headers: { "x-instance": "first" } } });
      const second = await kit.stage({ settings: { headers: { "x-instance": "second" } } });
      await Promise.all([kit.ask(first.provider), kit.ask(second.provider)]);
      await kit.ask(first.provider);

      for (const [{ server }, name] of [
        [first, "first"],
        [second, "second"],
      ] as const) {
        expect(server.requests.length, `requests of the ${name} instance`).toBeGreaterThan(0);
        expect(new Set(server.requests.map(({ headers }) => headers["x-instance"]))).toEqual(new Set([name]));
      }
    },
  },
  {
    title: "a sampling setting is sent or warned about",
    async run(kit) {
      const { provider, server } = await kit.stage();
      const { warnings } = await kit.ask(provider, { temperature: 0.321 });
      const sent = server.requests.some(({ body, path }) => (body + path).includes("0.321"));

      expect(sent || warnings.some(({ code }) => code === "unsupported")).toBe(true);
    },
  },
  {
    title: "an option that nobody knows is warned about",
    async run(kit) {
      const { provider } = await kit.stage();
      const { warnings } = await kit.ask(provider, {
        providerOptions: { [provider.id]: { optionOfTheSuite: true } },
      });

      expect(warnings.map(({ code }) => code)).toContain("unsupported");
    },
  },
];

/** Fails unless this is the reply that the suite expects. */
function expectReply({ suite: { reply } }: Kit, result: ChatResult): void {
  expect(result).toMatchObject(typeof reply === "string" ? { text: reply } : reply);
}
