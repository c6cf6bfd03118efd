import { readdirSync, readFileSync } from "node:fs";
import { type ChatRequest, chat, type ProviderSettings, type ToolDefinition } from "@fallthrough/core";
import { expect, test } from "vitest";
import data from "../../provider-openai/presets.json" with { type: "json" };
import { createChain } from "../src/index.ts";
import { answer, fakeProvider, QUESTION } from "./fake-provider.ts";
import { type Answer, startService } from "./service.ts";

/** What services of one dialect answer; what a file leaves out is as OpenAI has it. */
interface Dialect {
  readonly dialect: string;
  /** Where its faults are told of. */
  readonly source: string;
  /** When the source was read. */
  readonly read?: string;
  /** No copy of the source was at hand: what public reports tell of it stands here. */
  readonly unread?: boolean;
  readonly services: readonly string[];
  readonly faults: Readonly<Record<string, Fixture>>;
}

interface Fixture {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly events?: readonly unknown[];
  readonly cut?: boolean;
}

const FOLDER = new URL("../../testkit/fixtures/services/", import.meta.url);
const DIALECTS: readonly Dialect[] = readdirSync(FOLDER).map((file) =>
  JSON.parse(readFileSync(new URL(file, FOLDER), "utf8")),
);
const OPENAI = DIALECTS.find(({ dialect }) => dialect === "openai") as Dialect;
const LOOK: ToolDefinition = { name: "look", parameters: { type: "object" } };
const REQUEST: ChatRequest = { ...QUESTION, tools: [LOOK] };

/** What each fault makes of a call and of whom it speaks. */
const FAILURES: Readonly<Record<string, object>> = {
  "refused key": { code: "auth", scope: "key" },
  spent: { code: "payment", scope: "model" },
  forbidden: { code: "auth", scope: "model" },
  "missing model": { code: "not-found", scope: "model" },
  "too large": { code: "context-length" },
  limited: { code: "rate-limit", retryAfterMs: 7_000 },
  broken: { code: "server" },
};
/** What differs by dialect. */
const OWN: Readonly<Record<string, object>> = {
  "groq too large": { code: "rate-limit" },
  "pollinations spent": { code: "payment", scope: "model", retryAfterMs: 7_000 },
};
const ANSWERS: Readonly<Record<string, object>> = {
  length: { text: "Half an answer", finishReason: "length", toolCalls: [] },
  "tool call": {
    text: "",
    finishReason: "tool-calls",
    toolCalls: [{ id: expect.any(String), name: "look", arguments: '{"at":"sea"}' }],
  },
};

function dialectOf(id: string): Dialect {
  return DIALECTS.find(({ services }) => services.includes(id)) as Dialect;
}

function answerOf(id: string, fault: string): Answer {
  const { events, body, ...head } = dialectOf(id).faults[fault] ?? (OPENAI.faults[fault] as Fixture);
  const lines = events?.map(
    (event) => `data: ${typeof event === "string" ? event : JSON.stringify(event)}\n\n`,
  );
  return { ...head, body: lines?.join("") ?? body };
}

const CELLS = data.presets.flatMap(({ id, settings = {} }) =>
  Object.keys(OPENAI.faults).map((fault) => ({ id, fault, settings: settings as ProviderSettings })),
);

test("every preset speaks one dialect, and each dialect has its source", () => {
  const spoken = DIALECTS.flatMap(({ services }) => services);
  expect(spoken.toSorted()).toEqual(data.presets.map(({ id }) => id).toSorted());
  for (const { source, read, unread, faults } of DIALECTS) {
    expect(source).toMatch(/^https:\/\//);
    // one or the other: a fixture never claims more than was looked at
    expect(read ?? (unread && "unread")).toMatch(/^(?:\d{4}-\d{2}-\d{2}|unread)$/);
    expect(Object.keys(OPENAI.faults)).toEqual(expect.arrayContaining(Object.keys(faults)));
  }
});

test.each(CELLS)("services.md, service x fault: $id, $fault", async ({ id, fault, settings }) => {
  const service = await startService(() => answerOf(id, fault));
  const provider = service.provider(id, { ...settings, apiKey: "key", models: [{ id: "m" }] });
  const spare = fakeProvider("spare", [answer("from the spare one")]);
  const chain = createChain([provider, spare]);

  if (ANSWERS[fault] !== undefined) {
    expect(await chat(chain, REQUEST).result()).toMatchObject({ ...ANSWERS[fault], route: { provider: id } });
    expect(spare.requests).toEqual([]);
    return;
  }
  const error = await chat(provider, REQUEST)
    .text()
    .catch((reason: unknown) => reason);
  if (fault === "cut") {
    expect(error).toMatchObject({ code: "interrupted", partial: { text: "Half an answer" } });
    return;
  }
  expect(error).toMatchObject({
    provider: id,
    ...(OWN[`${dialectOf(id).dialect} ${fault}`] ?? FAILURES[fault]),
  });
  expect(await chat(chain, REQUEST).text()).toBe("from the spare one");
});
