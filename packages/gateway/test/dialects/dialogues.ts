import { ChatError, type ChatRequest, type FinishReason, type StreamPart } from "@fallthrough/core";
import type { GatewayOptions } from "../../src/index.ts";
import { answer, type Turn, text } from "../case.ts";

/** What the client of a dialogue asks, as the contract says it. */
export type Ask = Pick<
  ChatRequest,
  | "messages"
  | "tools"
  | "toolChoice"
  | "responseFormat"
  | "maxOutputTokens"
  | "stopSequences"
  | "reasoningEffort"
>;

/** What a client was told, whatever the dialect. */
export interface Told {
  readonly text?: string | undefined;
  readonly reasoning?: string | undefined;
  readonly toolCalls?:
    | readonly { readonly id?: string; readonly name: string; readonly arguments: string }[]
    | undefined;
  /** Why the answer ended; `undefined` where the dialect has no word for it, or it did not end. */
  readonly finishReason?: FinishReason | undefined;
  /** The code of a failure, in the words of the dialect. */
  readonly error?: string | undefined;
  /** What the client puts into its history. */
  readonly history?: unknown;
  /** How often the client was told that it still waits. */
  readonly keepAlives?: number | undefined;
}

/** An answer as the client keeps it, and what its tools gave, by the ids of their calls. */
export interface Turned {
  readonly history: unknown;
  readonly results: Readonly<Record<string, string>>;
  /** What the person asks behind it. */
  readonly question?: string | undefined;
}

/** One dialect as its clients speak it. */
export interface Column {
  readonly name: string;
  readonly path: string;
  /** The body of a request. */
  body(ask: Ask, stream: boolean): object;
  /** The body of a later request: each answer that was told, with the results of its calls. */
  next(ask: Ask, stream: boolean, turns: readonly Turned[]): object;
  /** What an answer told; it fails on an answer that the dialect does not allow. */
  read(response: Response, stream: boolean): Promise<Told>;
  /** The dialect's word for each failure of the table. */
  readonly errors: Readonly<Record<"before" | "after", string>>;
  /** What reaches a provider of what is asked, where the protocol has no field for all of it. */
  carried?(ask: Ask): Ask;
  /** Why the dialect cannot have a dialogue, by its name. */
  readonly lacks?: Readonly<Record<string, string>>;
}

/** One dialogue that each dialect can have. */
export interface Dialogue {
  readonly name: string;
  readonly ask: Ask;
  /** What the provider does. */
  readonly turn: Turn;
  /** What the client is told; what a dialect has no word for is `undefined` there. */
  readonly told: Told;
  readonly options?: GatewayOptions;
}

const QUESTION: ChatRequest["messages"] = [{ role: "user", content: "What is it?" }];
const PIXEL = "iVBORw0KGgo=";
const WEATHER = {
  name: "weather",
  description: "Tells the weather of a city",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};
const SCHEMA = { type: "object", properties: { n: { type: "integer" } }, required: ["n"] };

function called(id: string, city: string): StreamPart[] {
  const [before, after] = ['{"city":', `"${city}"}`];
  return [
    { type: "tool-call-delta", id, name: "weather", delta: before },
    { type: "tool-call-delta", id, name: "weather", delta: after },
    { type: "tool-call", id, name: "weather", arguments: before + after },
  ];
}

function finish(finishReason: FinishReason): StreamPart {
  return { type: "finish", finishReason, usage: { inputTokens: 3, outputTokens: 4 } };
}

/** Every dialogue that ends with an answer or with a failure that is told. */
export const DIALOGUES: readonly Dialogue[] = [
  {
    name: "text",
    ask: { messages: [{ role: "system", content: "Be brief" }, ...QUESTION] },
    turn: answer("Hel", "lo 👋"),
    told: { text: "Hello 👋", finishReason: "stop" },
  },
  {
    name: "tools",
    ask: { messages: QUESTION, tools: [WEATHER] },
    turn: [...text("Let me look. "), ...called("call_1", "Rome"), finish("tool-calls")],
    told: {
      text: "Let me look. ",
      toolCalls: [{ id: "call_1", name: "weather", arguments: '{"city":"Rome"}' }],
      finishReason: "tool-calls",
    },
  },
  {
    name: "parallel tools",
    ask: { messages: QUESTION, tools: [WEATHER], toolChoice: "required" },
    turn: [...called("call_1", "Rome"), ...called("call_2", "Oslo"), finish("tool-calls")],
    told: {
      toolCalls: [
        { id: "call_1", name: "weather", arguments: '{"city":"Rome"}' },
        { id: "call_2", name: "weather", arguments: '{"city":"Oslo"}' },
      ],
      finishReason: "tool-calls",
    },
  },
  {
    name: "images",
    ask: {
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "What is on it?" },
            { type: "image", data: PIXEL, mediaType: "image/png" },
          ],
        },
      ],
    },
    turn: answer("A dot"),
    told: { text: "A dot", finishReason: "stop" },
  },
  {
    name: "reasoning",
    ask: { messages: QUESTION },
    turn: [
      { type: "reasoning-delta", delta: "Hm, " },
      { type: "reasoning-delta", delta: "well", providerData: { one: { signature: "s1" } } },
      ...answer("Yes"),
    ],
    told: { reasoning: "Hm, well", text: "Yes", finishReason: "stop" },
  },
  {
    name: "JSON schema",
    ask: {
      messages: QUESTION,
      responseFormat: { type: "json", schema: SCHEMA, name: "count", strict: true },
    },
    turn: answer('{"n":', "1}"),
    told: { text: '{"n":1}', finishReason: "stop" },
  },
  {
    name: "stop",
    ask: { messages: QUESTION, stopSequences: ["END"] },
    turn: answer("before"),
    told: { text: "before", finishReason: "stop" },
  },
  {
    name: "length",
    ask: { messages: QUESTION, maxOutputTokens: 20 },
    turn: [...text("cut o"), finish("length")],
    told: { text: "cut o", finishReason: "length" },
  },
  {
    name: "filter",
    ask: { messages: QUESTION },
    turn: [...text("I would "), finish("content-filter")],
    told: { text: "I would ", finishReason: "content-filter" },
  },
  {
    name: "error before the first byte",
    ask: { messages: QUESTION },
    turn: [new ChatError("context-length", "too long")],
    told: { error: "before" },
  },
  {
    name: "error after",
    ask: { messages: QUESTION },
    turn: [...text("half"), new ChatError("interrupted", "cut")],
    told: { text: "half", error: "after" },
  },
  {
    name: "slow start",
    ask: { messages: QUESTION },
    turn: [600, ...answer("late")],
    told: { text: "late", finishReason: "stop", keepAlives: 2 },
    options: { keepaliveMs: 60 },
  },
  {
    name: "keep-alive",
    ask: { messages: QUESTION },
    turn: [...text("a"), 600, ...answer("b")],
    told: { text: "ab", finishReason: "stop", keepAlives: 2 },
    options: { keepaliveMs: 60 },
  },
];
