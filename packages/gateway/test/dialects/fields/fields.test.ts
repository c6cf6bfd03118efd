import { readFileSync } from "node:fs";
import type { ChatProvider, StreamPart } from "@fallthrough/core";
import { createAnthropic } from "@fallthrough/provider-anthropic";
import { createOpenAI } from "@fallthrough/provider-openai";
import { createRegistry } from "@fallthrough/registry";
import { type Services, startServices } from "@fallthrough/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createGateway } from "../../../src/index.ts";
import { memoryProvider } from "../../case.ts";
import { CHAT_COMPLETIONS } from "./chat-completions.ts";
import type { FieldCase, FieldRow, FieldTable } from "./field-row.ts";
import { MESSAGES_FIELDS } from "./messages.ts";
import { OLLAMA } from "./ollama.ts";
import { RESPONSES } from "./responses.ts";

// each row of the tables of `docs/using-the-gateway.md`: what it says is what happens

const TABLES: readonly FieldTable[] = [CHAT_COMPLETIONS, RESPONSES, MESSAGES_FIELDS, OLLAMA];
const PAGE = readFileSync(new URL("../../../../../docs/using-the-gateway.md", import.meta.url), "utf8");
const ANSWER: readonly StreamPart[] = [
  { type: "text-delta", delta: "hi" },
  { type: "finish", finishReason: "stop", usage: { inputTokens: 1, outputTokens: 1 } },
];
/** What a provider may be unable to do without refusing the request. */
const WISHES = [
  "maxOutputTokens",
  "temperature",
  "topP",
  "topK",
  "seed",
  "stopSequences",
  "presencePenalty",
  "frequencyPenalty",
  "reasoningEffort",
  "toolChoice",
  "parallelToolCalls",
] as const;

let services: Services;
beforeAll(async () => {
  services = await startServices();
});
afterAll(() => services.close());

/** The cells of each row of the table under this heading. */
function rowsOf(dialect: string): readonly (readonly string[])[] {
  const [, section = ""] = PAGE.split(`### ${dialect}\n`);
  const [table = ""] = section.split(/^#{2,3} /m);
  return table
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .slice(2)
    .map((line) => line.split("|").slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim()));
}

interface Answered {
  readonly status: number;
  readonly text: string;
  /** The warnings, in the words that a client gets. */
  readonly warnings: string;
}

async function ask(
  table: FieldTable,
  { body, path = table.path }: FieldCase,
  provider: ChatProvider,
): Promise<Answered> {
  const registry = createRegistry({ providers: [provider], aliases: { "claude-*": "auto" } });
  const response = await createGateway(registry).fetch(
    new Request(`http://127.0.0.1:8787${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", "anthropic-version": "2023-06-01" },
      body: JSON.stringify({ ...table.plain, ...body }),
    }),
  );
  const text = await response.text();
  const value = /^\{/.test(text) ? JSON.parse(text) : {};
  const warnings = JSON.stringify(value.warnings ?? value["fallthrough:warnings"] ?? []);
  await registry.close();
  return { status: response.status, text, warnings };
}

/** A provider that speaks another protocol than the dialect. */
function foreignProvider(dialect: string): ChatProvider {
  const settings = { apiKey: "k", models: [{ id: "gpt-4o-mini" }] };
  return dialect === CHAT_COMPLETIONS.dialect
    ? createAnthropic({ ...settings, baseURL: services.anthropic.baseURL })
    : createOpenAI({ ...settings, baseURL: services.openai.baseURL });
}

const ROWS = TABLES.flatMap((table) =>
  table.rows.map((row) => [table.dialect, row.field, table, row] as const),
);
const CASES = ROWS.flatMap(([dialect, field, table, { cases }]) =>
  cases.map((one) => [dialect, field, JSON.stringify(one.body), table, one] as const),
);

test.each(TABLES)("the rows of $dialect are those of the page", ({ dialect, rows }) => {
  expect(rows.map(({ field }) => field)).toEqual(rowsOf(dialect).map(([field]) => field));
});

test.each(ROWS)("%s, %s: what its row promises is tried", (dialect, field, _, { cases }: FieldRow) => {
  const [, meaning = "", otherwise = ""] = rowsOf(dialect).find(([name]) => name === field) ?? [];
  const promises = `${meaning} ${otherwise}`;
  const has = (name: keyof FieldCase): boolean => cases.some((one) => one[name] !== undefined);

  expect(has("status")).toBe(/\b(?:400|404)\b/.test(promises));
  expect(has("warns")).toBe(/left out with a warning/.test(promises) && !meaning.includes("extraFields"));
  expect(has("foreign")).toBe(/left out with a warning/.test(promises) && meaning.includes("extraFields"));
  if (/ignored|repeated/.test(promises)) expect(has("without")).toBe(true);
});

test.each(CASES)("%s, %s: %s is read as the page says", async (_, __, ___, table, one) => {
  const provider = memoryProvider("one", ANSWER);

  const { status, text, warnings } = await ask(table, one, provider);

  expect(status, text).toBe(one.status ?? 200);
  if (one.answers !== undefined) expect(text).toMatch(one.answers);
  if (one.warns !== undefined) expect(warnings).toMatch(one.warns);
  else expect(warnings).toBe("[]");
  const [request] = provider.requests;
  if (one.reads !== undefined) expect(request).toMatchObject(one.reads);
  const { signal: _signal, ...sent } = request ?? { signal: undefined };
  if (one.without !== undefined) expect(JSON.stringify(sent)).not.toMatch(one.without);
  if (one.status !== undefined) expect(request).toBeUndefined();
});

test.each(
  CASES.filter(
    ([dialect, field, , , { status, warns }]) =>
      status === undefined &&
      warns === undefined &&
      /^(?:requirement|as for `tools`)$/.test(rowsOf(dialect).find(([name]) => name === field)?.[2] ?? ""),
  ),
)("%s, %s: %s is refused where nobody can", async (_, __, ___, table, one) => {
  const capabilities = { tools: false, json: false, images: false, files: false };
  const provider = memoryProvider("one", ANSWER, [{ id: "model", capabilities }]);

  const { status, text } = await ask(table, one, provider);

  expect(status).toBe(400);
  expect(text).toContain("unsupported");
  expect(provider.requests).toEqual([]);
});

test.each(
  CASES.filter(([dialect, field]) => rowsOf(dialect).find(([name]) => name === field)?.[2] === "wish"),
)("%s, %s: %s that is not honoured is a warning", async (_, __, ___, table, one) => {
  const provider = memoryProvider("one", (request) => {
    const asked = WISHES.filter((wish) => request[wish] !== undefined);
    const warnings = asked.map(
      (wish) => ({ type: "warning", code: "unsupported", message: `no ${wish}` }) as const,
    );
    return [...warnings, ...ANSWER];
  });

  const { status, warnings } = await ask(table, one, provider);

  expect(status).toBe(200);
  for (const wish of Object.keys(one.reads ?? {})) {
    if (WISHES.some((name) => name === wish)) expect(warnings).toContain(`no ${wish}`);
  }
});

test.each(CASES.filter(([, , , , { foreign }]) => foreign !== undefined))(
  "%s, %s: %s is left out for a provider of another protocol, with a warning",
  async (dialect, _, __, table, one) => {
    const upstream = dialect === CHAT_COMPLETIONS.dialect ? services.anthropic : services.openai;

    const { status, text, warnings } = await ask(
      table,
      { ...one, body: { model: "auto", ...one.body } },
      foreignProvider(dialect),
    );

    expect(status, text).toBe(200);
    expect(warnings).toContain(`\`${one.foreign}\``);
    expect(upstream.requests.at(-1)?.body).not.toContain(`"${one.foreign}":`);
  },
);
