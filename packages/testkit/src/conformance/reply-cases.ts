import type { ChatResult } from "@fallthrough/core";
import { numbersIn, withBody, withUnknownFields } from "./answer-bytes.ts";
import { readParts } from "./ask.ts";
import { contains, equals, holds, matches } from "./check.ts";
import type { ConformanceCase, Kit } from "./kit.ts";
import { declaredMissing } from "./suite.ts";

/** Input tokens, for example, may be told in three counts: fresh, read from a cache and written to it. */
const MOST_SUMMANDS = 3;
const CALLS = ["alpha", "bravo", "charlie", "delta"];

/** What a provider makes of a good answer. */
export const REPLY_CASES: readonly ConformanceCase[] = [
  {
    title: "a good answer ends with a `finish`",
    async run(kit) {
      const { provider } = await kit.stage();
      const parts = await readParts(provider, kit.request());

      contains(
        parts.map(({ type }) => type),
        "finish",
        "the list of parts",
      );
    },
  },
  {
    title: "nothing follows the `finish`",
    async run(kit) {
      const { provider } = await kit.stage();
      const types = (await readParts(provider, kit.request())).map(({ type }) => type);

      const after = types.includes("finish") ? types.slice(types.indexOf("finish") + 1) : [];
      equals(after, [], "what follows the `finish`");
    },
  },
  {
    title: "the recorded answer is the reply",
    async run(kit) {
      const { provider } = await kit.stage();

      expectReply(kit, await kit.ask(provider));
      expectReply(kit, await kit.ask(provider));
    },
  },
  {
    title: "the finish reason is that of the server",
    async run(kit) {
      const { reply } = kit.suite;
      const { provider } = await kit.stage();
      const { finishReason } = await kit.ask(provider);

      equals(finishReason, (typeof reply === "object" && reply.finishReason) || "stop", "the finish reason");
    },
  },
  {
    title: "usage is made of counts that the server sent, and none is invented or NaN",
    async run(kit) {
      const { provider, sent } = await kit.stage();
      const parts = await readParts(provider, kit.request());
      const usages = parts.flatMap((part) => (part.type === "finish" && part.usage ? [part.usage] : []));
      const counts = usages.flatMap((usage) => Object.values(usage)).filter((count) => count !== undefined);

      const bad = counts.filter((count) => !Number.isInteger(count) || count < 0);
      equals(bad, [], "the list of counts that are none");
      const numbers = new Set(sent.flatMap(numbersIn));
      const invented = counts.filter((count) => !isSumOf(count, numbers, MOST_SUMMANDS));
      equals(invented, [], "the list of counts that the server did not send");
      const lacks = declaredMissing(kit.suite).has("usage");
      equals(lacks ? counts : [], [], "the list of counts of a provider that declares `usage` missing");
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
      equals([...new Set(asked.flat())].sort(), contents, "the list of questions that were sent");
      equals(Math.max(...asked.map((found) => found.length)), 1, "the number of questions in one request");
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
        holds(server.requests.length > 0, `the ${name} instance sent no request to its own server`);
        const instances = new Set(server.requests.map(({ headers }) => headers["x-instance"]));
        equals([...instances], [name], `the list of instances that asked the server of the ${name} one`);
      }
    },
  },
  {
    title: "a sampling setting is sent or warned about",
    async run(kit) {
      const { provider, server } = await kit.stage();
      const { warnings } = await kit.ask(provider, { temperature: 0.321 });
      const sent = server.requests.some(({ body, path }) => (body + path).includes("0.321"));

      holds(
        sent || warnings.some(({ code }) => code === "unsupported"),
        "`temperature` was neither sent nor warned about",
      );
    },
  },
  {
    title: "the chosen model reaches the server, or the card says `selectable: false`",
    async run(kit) {
      const { models } = kit.suite.create();
      const selectable = models.filter((model) => model.selectable !== false).map(({ id }) => id);
      const [model, other] = models.length > 0 ? selectable : [kit.request().model];
      if (model === undefined) return;
      const sent = await sentFor(kit, model);
      // a site may have another name for a model, but not the same one for two
      if (other !== undefined && sent !== (await sentFor(kit, other))) return;

      contains(sent, model, "what was sent");
    },
  },
  {
    title: "an option that nobody knows is warned about",
    async run(kit) {
      const { provider } = await kit.stage();
      const { warnings } = await kit.ask(provider, {
        providerOptions: { [provider.id]: { optionOfTheSuite: true } },
      });

      contains(
        warnings.map(({ code }) => code),
        "unsupported",
        "the list of codes of warnings",
      );
    },
  },
];

/** Fails unless this is the reply that the suite expects. */
function expectReply({ suite: { reply } }: Kit, result: ChatResult): void {
  for (const [field, value] of Object.entries(typeof reply === "string" ? { text: reply } : reply)) {
    matches(result[field as keyof ChatResult], value, `\`${field}\` of the result`);
  }
}

/** All that a call with this model sends. */
async function sentFor(kit: Kit, model: string): Promise<string> {
  const { provider, server } = await kit.stage();
  await kit.ask(provider, { model });
  return server.requests.map(({ path, body }) => path + body).join("\n");
}

/** Whether a server sent this number, or those that make it up. */
function isSumOf(count: number, numbers: ReadonlySet<number>, most: number): boolean {
  if (numbers.has(count)) return true;
  if (most === 1) return false;
  return [...numbers].some(
    (number) => number > 0 && number < count && isSumOf(count - number, numbers, most - 1),
  );
}
