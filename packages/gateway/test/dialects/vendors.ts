import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import type { ChatProvider } from "@fallthrough/core";
import { createAnthropic } from "@fallthrough/provider-anthropic";
import { createGemini } from "@fallthrough/provider-gemini";
import { createOpenAI } from "@fallthrough/provider-openai";

/** A vendor that signs its thoughts and its calls, and answers what another one signed with 400. */
export interface Vendor {
  readonly provider: ChatProvider;
  /** Whether it answers 503. */
  isDown: boolean;
  /** What it has signed in each answer. */
  readonly signed: (readonly string[])[];
  /** The signatures in each request that it answered. */
  readonly seen: (readonly string[])[];
  close(): void;
}

/** What one protocol does with signatures. */
interface Protocol {
  create(id: string, baseURL: string): ChatProvider;
  /** The signatures of a request, in order. */
  readSignatures(body: unknown): readonly string[];
  /** How many results of tools a request holds. */
  countResults(body: unknown): number;
  /** A thought and a call, signed, or a thought and the last words where there is no call. */
  format(turn: Turn): { readonly type: string; readonly text: string };
}

interface Turn {
  /** The id of the call; nothing where the vendor is done. */
  readonly call: string | undefined;
  readonly text: string;
  /** Signs something, and gives the signature. */
  sign(what: string): string;
}

// biome-ignore lint/suspicious/noExplicitAny: what a request holds is said by the protocol
type Fields = { readonly [name: string]: any };

const JSON_TYPE = "application/json";
const TURNS_OF_CALLS = 3;

/** Chat completions with `reasoning_details`, and Gemini's signature of a call. */
const details: Protocol = {
  create: (id, baseURL) => createOpenAI({ id, baseURL: `${baseURL}/v1`, models: [{ id: "m" }] }),

  readSignatures: (body) =>
    (body as Fields)["messages"].flatMap(({ reasoning_details = [], tool_calls = [] }: Fields) => [
      ...reasoning_details.map(({ data }: Fields) => data),
      ...tool_calls.flatMap(({ extra_content }: Fields) => extra_content?.google?.thought_signature ?? []),
    ]),

  countResults: (body) => (body as Fields)["messages"].filter(({ role }: Fields) => role === "tool").length,

  format({ call: id, text, sign }) {
    const reasoning_details = [{ type: "reasoning.encrypted", data: sign("thought"), index: 0 }];
    const called = (): object => ({
      id,
      type: "function",
      function: { name: "now", arguments: "{}" },
      extra_content: { google: { thought_signature: sign("call") } },
    });
    const message = {
      role: "assistant",
      content: id === undefined ? text : null,
      reasoning: "let me see",
      reasoning_details,
      ...(id === undefined ? {} : { tool_calls: [called()] }),
    };
    const finish_reason = id === undefined ? "stop" : "tool_calls";
    const answer = { id: "c", model: "m", choices: [{ index: 0, message, finish_reason }] };
    return { type: JSON_TYPE, text: JSON.stringify(answer) };
  },
};

/** Messages with a signed thought and one that nobody may read. */
const thinking: Protocol = {
  create: (id, baseURL) => createAnthropic({ id, baseURL, apiKey: "key", models: [{ id: "m" }] }),

  readSignatures: (body) =>
    blocksOf(body).flatMap(({ type, signature, data }) =>
      type === "thinking" ? [signature] : type === "redacted_thinking" ? [data] : [],
    ),

  countResults: (body) => blocksOf(body).filter(({ type }) => type === "tool_result").length,

  format({ call: id, text, sign }) {
    const content = [
      { type: "thinking", thinking: "let me see", signature: sign("thought") },
      { type: "redacted_thinking", data: sign("redacted") },
      id === undefined ? { type: "text", text } : { type: "tool_use", id, name: "now", input: {} },
    ];
    const answer = {
      id: "msg_1",
      type: "message",
      role: "assistant",
      model: "m",
      content,
      stop_reason: id === undefined ? "end_turn" : "tool_use",
      stop_sequence: null,
      usage: { input_tokens: 1, output_tokens: 1 },
    };
    return { type: JSON_TYPE, text: JSON.stringify(answer) };
  },
};

/** Gemini's own API, which signs its calls. */
const signedCalls: Protocol = {
  create: (id, baseURL) => createGemini({ id, baseURL, apiKey: "key", models: [{ id: "m" }] }),

  readSignatures: (body) =>
    partsOf(body).flatMap(({ thoughtSignature }) =>
      thoughtSignature === undefined ? [] : [thoughtSignature],
    ),

  countResults: (body) =>
    partsOf(body).filter(({ functionResponse }) => functionResponse !== undefined).length,

  format({ call: id, text, sign }) {
    const last =
      id === undefined
        ? { text, thoughtSignature: sign("text") }
        : { functionCall: { id, name: "now", args: {} }, thoughtSignature: sign("call") };
    const parts = [{ text: "let me see", thought: true }, last];
    const answer = { candidates: [{ content: { role: "model", parts }, finishReason: "STOP" }] };
    return { type: "text/event-stream", text: `data: ${JSON.stringify(answer)}\n\n` };
  },
};

/** How a vendor signs what it writes. */
export type Signing = "details" | "thinking" | "signedCalls";

const PROTOCOLS: Readonly<Record<Signing, Protocol>> = { details, thinking, signedCalls };

/** Starts a vendor that calls a tool three times, and then says who it is. */
export async function startVendor(name: string, protocol: Signing): Promise<Vendor> {
  const { create, readSignatures, countResults, format } = PROTOCOLS[protocol];
  const signed: (readonly string[])[] = [];
  const seen: (readonly string[])[] = [];
  const state = { isDown: false };
  const server = createServer(async (incoming, response) => {
    const body = await json(incoming);
    const refuse = (status: number, message: string): void => {
      response.writeHead(status, { "content-type": JSON_TYPE });
      response.end(JSON.stringify({ type: "error", error: { type: "api_error", message } }));
    };
    if (state.isDown) return refuse(503, "down");
    const signatures = readSignatures(body);
    if (signatures.some((signature) => !`${signature}`.startsWith(`${name} `))) {
      return refuse(400, "the signature is invalid");
    }
    seen.push(signatures);
    const own: string[] = [];
    const number = signed.push(own);
    const { type, text } = format({
      call: countResults(body) < TURNS_OF_CALLS ? `${name}-${number}` : undefined,
      text: `done by ${name}`,
      sign(what) {
        const signature = `${name} ${what} ${number}`;
        own.push(signature);
        return signature;
      },
    });
    response.writeHead(200, { "content-type": type }).end(text);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    provider: create(name, `http://127.0.0.1:${port}`),
    get isDown() {
      return state.isDown;
    },
    set isDown(isDown) {
      state.isDown = isDown;
    },
    signed,
    seen,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function blocksOf(body: unknown): readonly Fields[] {
  return (body as Fields)["messages"].flatMap(({ content }: Fields) =>
    typeof content === "string" ? [] : content,
  );
}

function partsOf(body: unknown): readonly Fields[] {
  return (body as Fields)["contents"].flatMap(({ parts }: Fields) => parts);
}
