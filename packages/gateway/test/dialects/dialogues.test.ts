import type { StreamPart } from "@fallthrough/core";
import { expect, test, vi } from "vitest";
import { createGateway } from "../../src/index.ts";
import { answer, type MemoryProvider, memoryProvider, registryOf, text } from "../case.ts";
import { COLUMNS, post } from "./columns.ts";
import { type Ask, type Column, DIALOGUES, type Told } from "./dialogues.ts";

// every dialogue in every dialect, streamed and whole; a column says why where it lacks one

const FORMS = [
  ["whole", false],
  ["streamed", true],
] as const;

/** The cells of the table that a dialect has. */
function cells<Row>(rows: readonly (readonly [name: string, row: Row])[]) {
  return COLUMNS.flatMap((column) =>
    FORMS.flatMap(([form, stream]) =>
      rows
        .filter(([name]) => column.lacks?.[name] === undefined)
        .map(([name, row]) => [name, column.name, form, { column, stream, row }] as const),
    ),
  );
}

/** What a provider was asked, without what every call has. */
function askedOf({ requests }: MemoryProvider): object {
  const { signal: _, timeouts: __, model: ___, ...asked } = requests.at(-1) ?? { messages: [] };
  return asked;
}

/** What the dialect is expected to tell. */
function expectedOf({ told }: { readonly told: Told }, { errors }: Column, stream: boolean): Told {
  const { keepAlives: _, error, ...rest } = told;
  if (error === undefined) return rest;
  const word = error === "before" ? errors.before : errors.after;
  return stream ? { ...rest, error: word } : { error: expect.any(String) as unknown as string };
}

test.each(cells(DIALOGUES.map((dialogue) => [dialogue.name, dialogue])))(
  "%s in %s, %s",
  async (_, __, ___, { column, stream, row }) => {
    const provider = memoryProvider("one", row.turn);
    const gateway = createGateway(registryOf(provider), row.options);

    const response = await post(gateway, column, column.body(row.ask, stream));
    const told = await column.read(response, stream);

    expect(askedOf(provider)).toMatchObject(column.carried?.(row.ask) ?? row.ask);
    expect(told).toMatchObject(expectedOf(row, column, stream));
    if (stream) expect(told.keepAlives ?? 0).toBeGreaterThanOrEqual(row.told.keepAlives ?? 0);
    if (row.told.error === "before" || (row.told.error !== undefined && !stream)) {
      expect(response.status).toBeGreaterThanOrEqual(400);
    }
  },
);

const LOOP: Ask = {
  messages: [{ role: "user", content: "What is the weather?" }],
  tools: [{ name: "weather", parameters: { type: "object", properties: {} } }],
};
const THOUGHT = { one: { signature: "s1", redacted: ["r1"] } };
const CALLED = { one: { extra_content: { google: { thought_signature: "g1" } } } };
const WHOLE = { one: { reasoning_details: [{ type: "reasoning.encrypted", data: "d1", index: 0 }] } };
const LOOP_TURN: StreamPart[] = [
  { type: "reasoning-delta", delta: "It asks " },
  { type: "reasoning-delta", delta: "for weather", providerData: THOUGHT },
  { type: "tool-call", id: "call_1", name: "weather", arguments: "{}", providerData: CALLED },
  { type: "finish", finishReason: "tool-calls", providerData: WHOLE },
];

test.each(cells([["the tool loop", LOOP]]))(
  "in %s in %s, %s, what a provider wrote beside its answer comes back to it with the result",
  async (_, __, ___, { column, stream, row }) => {
    const provider = memoryProvider("one", ({ messages }) =>
      messages.at(-1)?.role === "tool" ? answer("Sunny") : LOOP_TURN,
    );
    const gateway = createGateway(registryOf(provider));

    const first = await column.read(await post(gateway, column, column.body(row, stream)), stream);
    const results = Object.fromEntries((first.toolCalls ?? []).map(({ id = "" }) => [id, "sunny"]));
    const body = column.next(row, stream, [{ history: first.history, results }]);
    const second = await column.read(await post(gateway, column, body), stream);

    expect(second.text).toBe("Sunny");
    expect(provider.requests[1]?.messages).toMatchObject([
      ...row.messages,
      {
        role: "assistant",
        reasoning: [{ text: "It asks for weather", providerData: THOUGHT }],
        toolCalls: [{ name: "weather", arguments: "{}", providerData: CALLED }],
        providerData: WHOLE,
      },
      { role: "tool", content: "sunny" },
    ]);
  },
);

test.each(cells([["abort", LOOP]]))("%s in %s, %s", async (_, __, ___, { column, stream, row }) => {
  const provider = memoryProvider("one", [...text("half"), "silence"]);
  const gateway = createGateway(registryOf(provider));
  const client = new AbortController();

  const asked = post(gateway, column, column.body(row, stream), client.signal);
  const response = stream ? await asked : undefined;
  await vi.waitFor(() => expect(provider.open).toBe(1));
  client.abort();
  await response?.body?.cancel().catch(() => {});

  await vi.waitFor(() => expect(provider.open).toBe(0), { timeout: 100, interval: 5 });
});
