import fc from "fast-check";
import { expect, test } from "vitest";
import type { ChatProvider, StreamPart } from "../../src/contract/contract.ts";
import { ChatError } from "../../src/errors/chat-error.ts";
import { partLists } from "../../src/parts/part-lists.ts";
import type { ServerSentEvent } from "../../src/parts/sse.ts";
import { chat } from "../../src/reply/chat.ts";
import { createToy, FINISH, messages } from "../providers.ts";
import { TRIALS, TRIALS_MS } from "./trials.ts";

const delta = fc.constantFrom("", " ", "a", "bc", "😀", "\ud83d", "\ude00");
const part: fc.Arbitrary<StreamPart> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constantFrom("text-delta", "reasoning-delta"), delta }) },
  fc.constant<StreamPart>({ type: "warning", code: "other", message: "hm" }),
  fc.constant<StreamPart>({ type: "tool-call-delta", id: "1", name: "one", delta: "{}" }),
  fc.constant<StreamPart>({ type: "tool-call", id: "1", name: "one", arguments: "{}" }),
);
const end = fc.constantFrom<"finish" | "cut" | "failure" | "more">(
  "finish",
  "finish",
  "cut",
  "failure",
  "more",
);
const stream = fc.record({ groups: fc.array(fc.array(part, { maxLength: 6 }), { maxLength: 6 }), end });

type Stream = typeof stream extends fc.Arbitrary<infer Value> ? Value : never;

const EVENT: ServerSentEvent = { event: "message", data: "" };

/** The parts one by one, each a turn after the one before. */
function slow({ groups, end }: Stream): ChatProvider {
  return createToy(async function* () {
    for (const parts of groups) yield* parts;
    if (end === "failure") throw new ChatError("server", "broken");
    if (end !== "cut") yield FINISH;
    if (end === "more") yield FINISH;
  });
}

/** The same parts, as many at once as there are in a group. */
function fast({ groups, end }: Stream): ChatProvider {
  let index = 0;
  return createToy(() =>
    partLists(async () => ({
      groups: (async function* () {
        for (const _ of groups) yield [EVENT];
      })(),
      read(events, parts) {
        if (events !== undefined) return parts.push(...(groups[index++] ?? [])) < 0;
        if (end === "failure") throw new ChatError("server", "broken");
        if (end !== "cut") parts.push(FINISH);
        if (end === "more") parts.push(FINISH);
        return true;
      },
    })),
  );
}

async function consume(provider: ChatProvider): Promise<unknown> {
  const reply = chat(provider, { messages });
  const parts: StreamPart[] = [];
  let failure: unknown;
  try {
    for await (const one of reply) parts.push(one.type === "finish" ? FINISH : one);
  } catch (reason) {
    const { code, phase, partial } = reason as ChatError;
    failure = { code, phase, partial };
  }
  return { parts, failure };
}

test(
  "parts that come in lists are judged as those that come one by one",
  async () => {
    await fc.assert(
      fc.asyncProperty(stream, async (script) => {
        expect(await consume(fast(script))).toEqual(await consume(slow(script)));
      }),
      TRIALS,
    );
  },
  TRIALS_MS,
);
