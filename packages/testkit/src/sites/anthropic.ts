import { createHash } from "node:crypto";
import { type AnswerTo, splitAnswer } from "../answer.ts";
import { isObject, readJsonObject } from "../json-body.ts";
import { jsonReply, RETRY_AFTER, type Reply } from "../reply.ts";
import type { Site, SiteRequest } from "../site.ts";

/** How the stand-in for Anthropic is set up. */
export interface AnthropicSiteOptions {
  /** What `x-api-key` must be. @default any is taken */
  readonly apiKey?: string | undefined;
  /** What can be asked. @default a model that takes an effort, and an older one that takes a number of tokens to think with */
  readonly models?: readonly string[] | undefined;
}

type Fields = Record<string, unknown>;
type Turn = { readonly role: unknown; readonly content: readonly Fields[] };

const DELTAS = 6;
const PAGE = 1;
/** The rest of the request, what was written to the cache, and what was read from it. */
const USAGE = { input_tokens: 4, cache_creation_input_tokens: 1, cache_read_input_tokens: 2 };
const OUTPUT_TOKENS = 11;
const FIELDS: readonly string[] = [
  ..."model max_tokens messages system stream stop_sequences tools tool_choice thinking output_config".split(
    " ",
  ),
  ..."temperature top_p top_k metadata cache_control service_tier".split(" "),
];
/** Takes no effort. */
const OLDER = /haiku/;

/**
 * The protocol of Anthropic's Messages API; synthetic, after the public reference.
 *
 * With tools it thinks, calls the first of them, and answers once it has the result. It refuses a thought that it did
 * not write, a call without its thought and a result without its call.
 */
export function createAnthropicSite(answerTo: AnswerTo, options: AnthropicSiteOptions = {}): Site {
  const { apiKey, models = ["claude-sonnet-4-6", "claude-haiku-4-5"] } = options;
  // nobody else can sign a thought of this run
  const secret = answerTo("the secret of the signatures");

  function sign(thought: unknown): string {
    return createHash("sha256").update(`${secret} ${thought}`).digest("base64");
  }

  function complete(request: SiteRequest): Reply {
    const body = readJsonObject(request);
    if (!body) return refusal("The request body is not a JSON object");
    const { model, messages, stream, thinking, tools } = body;
    if (typeof model !== "string" || !models.includes(model)) {
      return failure(404, "not_found_error", `model: ${JSON.stringify(model)}`);
    }
    const turns = turnsOf(messages);
    const problem = problemOf(body) ?? problemOfTurns(turns, isObject(thinking) ? thinking : {}, sign);
    if (problem !== undefined) return refusal(problem);
    const last = turns.at(-1)?.content ?? [];
    const results = last.filter(({ type }) => type === "tool_result");
    const [tool] = Array.isArray(tools) ? tools.filter(isObject) : [];
    const isThinking = isObject(thinking) && thinking["type"] !== "disabled";
    const blocks: Fields[] = [];
    if (isThinking) blocks.push(thoughtAbout(questionOf(turns), sign));
    if (request.behaviour === "empty") {
      // nothing but the end
    } else if (tool !== undefined && results.length === 0) {
      const input = { question: questionOf(turns) };
      blocks.push({ type: "tool_use", id: `toolu_${turns.length}`, name: tool["name"], input });
    } else {
      blocks.push({ type: "text", text: answerTo(questionOf(turns)) });
    }
    const reason = blocks.some(({ type }) => type === "tool_use") ? "tool_use" : "end_turn";
    return stream === true ? streamed(model, blocks, reason) : whole(model, blocks, reason);
  }

  function list(url: URL): Reply {
    const after = url.searchParams.get("after_id");
    const start = after === null ? 0 : models.indexOf(after) + 1;
    const page = models.slice(start, start + PAGE);
    return jsonReply({
      data: page.map((id) => ({ type: "model", id, display_name: id, max_input_tokens: 200_000 })),
      has_more: start + PAGE < models.length,
      first_id: page[0] ?? null,
      last_id: page.at(-1) ?? null,
    });
  }

  return {
    serverError: failure(529, "overloaded_error", "Overloaded"),
    rateLimit: failure(429, "rate_limit_error", "Number of requests exceeded", {
      "Retry-After": RETRY_AFTER,
    }),
    answer: (request) => {
      const { "x-api-key": key, authorization, "anthropic-version": version } = request.headers;
      if (apiKey !== undefined && key !== apiKey && authorization !== `Bearer ${apiKey}`) {
        return failure(401, "authentication_error", "invalid x-api-key");
      }
      if (version === undefined) return refusal("anthropic-version: header is required");
      switch (`${request.method} ${request.url.pathname}`) {
        case "GET /v1/models":
          return list(request.url);
        case "POST /v1/messages":
          return complete(request);
        default:
          return failure(404, "not_found_error", "Not Found");
      }
    },
  };
}

function problemOf(body: Fields): string | undefined {
  const unknown = Object.keys(body).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined) return `${unknown}: Extra inputs are not permitted`;
  if (typeof body["max_tokens"] !== "number") return "max_tokens: Field required";
  const { thinking, model, temperature } = body;
  if (!isObject(thinking)) return undefined;
  const { type, budget_tokens } = thinking;
  if (type === "adaptive" && OLDER.test(String(model))) {
    return "thinking: adaptive thinking is not supported on this model";
  }
  if (type === "enabled" && Number(budget_tokens) >= body["max_tokens"]) {
    return "`max_tokens` must be greater than `thinking.budget_tokens`";
  }
  if (type !== "disabled" && temperature !== undefined) {
    return "`temperature` may only be set to 1 when thinking is enabled";
  }
  return undefined;
}

/** Neighbours of one role count as one turn, and a text as one block. */
function turnsOf(messages: unknown): readonly Turn[] {
  const turns: { readonly role: unknown; content: readonly Fields[] }[] = [];
  for (const { role, content } of Array.isArray(messages) ? messages.filter(isObject) : []) {
    const blocks =
      typeof content === "string"
        ? [{ type: "text", text: content }]
        : Array.isArray(content)
          ? content.filter(isObject)
          : [];
    const last = turns.at(-1);
    if (last?.role === role && last !== undefined && blocks.length > 0)
      last.content = [...last.content, ...blocks];
    else turns.push({ role, content: blocks });
  }
  return turns;
}

function problemOfTurns(
  turns: readonly Turn[],
  thinking: Fields,
  sign: (thought: unknown) => string,
): string | undefined {
  if (turns.length === 0) return "messages: at least one message is required";
  let calls: readonly unknown[] = [];
  for (const [index, { role, content }] of turns.entries()) {
    const place = `messages.${index}`;
    if (content.length === 0) return `${place}: all messages must have non-empty content`;
    if (role !== (index % 2 === 0 ? "user" : "assistant")) return `${place}: roles must alternate`;
    const results = content.filter(({ type }) => type === "tool_result");
    if (content.slice(0, results.length).some(({ type }) => type !== "tool_result")) {
      return `${place}: tool_result blocks must come first`;
    }
    const answered = results.map(({ tool_use_id: id }) => id);
    if (calls.some((id) => !answered.includes(id))) {
      return `${place}: tool_use ids were found without tool_result blocks immediately after`;
    }
    if (answered.some((id) => !calls.includes(id))) {
      return `${place}: unexpected tool_use_id found in tool_result blocks`;
    }
    const problem = content.map((block) => problemOfBlock(block, sign)).find((one) => one !== undefined);
    if (problem !== undefined) return `${place}.content: ${problem}`;
    calls = content.filter(({ type }) => type === "tool_use").map(({ id }) => id);
    if (index === turns.length - 2 && calls.length > 0 && thinking["type"] === "enabled") {
      if (!String(content[0]?.["type"]).endsWith("thinking")) {
        return `${place}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`tool_use\``;
      }
    }
  }
  return undefined;
}

function problemOfBlock(block: Fields, sign: (thought: unknown) => string): string | undefined {
  const { type, text, thinking, signature, data, id, input } = block;
  switch (type) {
    case "text":
      return typeof text === "string" && text.trim() !== ""
        ? undefined
        : "text content blocks must be non-empty";
    case "thinking":
      return signature === sign(thinking) ? undefined : "Invalid `signature` in `thinking` block";
    case "redacted_thinking":
      return data === sign("redacted") ? undefined : "Invalid `data` in `redacted_thinking` block";
    case "tool_use":
      if (!isObject(input)) return "tool_use.input: Input should be a valid dictionary";
      return /^[a-zA-Z0-9_-]+$/.test(String(id)) ? undefined : "tool_use.id: String should match pattern";
    case "tool_result":
    case "image":
    case "document":
      return undefined;
    default:
      return `Input tag '${String(type)}' does not match any of the expected tags`;
  }
}

/** A question about a secret is thought about in secret. */
function thoughtAbout(question: string, sign: (thought: unknown) => string): Fields {
  if (question.includes("secret")) return { type: "redacted_thinking", data: sign("redacted") };
  const thinking = `The question has ${question.length} characters.`;
  return { type: "thinking", thinking, signature: sign(thinking) };
}

/** The last text of the person; where there is none, what a tool gave. */
function questionOf(turns: readonly Turn[]): string {
  const texts = turns
    .filter(({ role }) => role === "user")
    .flatMap(({ content }) => content.filter(({ type }) => type === "text"));
  return String(texts.at(-1)?.["text"] ?? "");
}

function messageOf(model: string, content: readonly Fields[], stop_reason: string | null): Fields {
  const output_tokens = stop_reason === null ? 1 : OUTPUT_TOKENS;
  const usage = { ...USAGE, output_tokens };
  return {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model,
    content,
    stop_reason,
    stop_sequence: null,
    usage,
  };
}

function whole(model: string, content: readonly Fields[], reason: string): Reply {
  return { ...jsonReply(messageOf(model, content, reason)), cutAfter: 1 };
}

function streamed(model: string, content: readonly Fields[], reason: string): Reply {
  const events: Fields[] = [{ type: "message_start", message: messageOf(model, [], null) }, { type: "ping" }];
  for (const [index, block] of content.entries()) {
    events.push({ type: "content_block_start", index, content_block: blankOf(block) });
    for (const delta of deltasOf(block)) events.push({ type: "content_block_delta", index, delta });
    events.push({ type: "content_block_stop", index });
  }
  const usage = { output_tokens: OUTPUT_TOKENS, input_tokens: null };
  events.push({ type: "message_delta", delta: { stop_reason: reason, stop_sequence: null }, usage });
  events.push({ type: "message_stop" });
  return {
    status: 200,
    fields: [
      ["Content-Type", "text/event-stream; charset=utf-8"],
      ["request-id", "req_1"],
    ],
    chunks: events.map((event) =>
      Buffer.from(`event: ${String(event["type"])}\ndata: ${JSON.stringify(event)}\n\n`),
    ),
    cutAfter: events.length - 2 - DELTAS / 2,
  };
}

function blankOf(block: Fields): Fields {
  switch (block["type"]) {
    case "text":
      return { ...block, text: "" };
    case "thinking":
      return { ...block, thinking: "", signature: "" };
    case "tool_use":
      return { ...block, input: {} };
    default:
      return block;
  }
}

function deltasOf({ type, text, thinking, signature, input }: Fields): readonly Fields[] {
  switch (type) {
    case "text":
      return splitAnswer(String(text), DELTAS).map((piece) => ({ type: "text_delta", text: piece }));
    case "thinking":
      return [
        ...splitAnswer(String(thinking), 3).map((piece) => ({ type: "thinking_delta", thinking: piece })),
        { type: "signature_delta", signature },
      ];
    case "tool_use": {
      const json = JSON.stringify(input);
      return ["", json.slice(0, 5), json.slice(5)].map((partial_json) => ({
        type: "input_json_delta",
        partial_json,
      }));
    }
    default:
      return [];
  }
}

function refusal(message: string): Reply {
  return failure(400, "invalid_request_error", message);
}

function failure(status: number, type: string, message: string, headers: Record<string, string> = {}): Reply {
  const body = { type: "error", error: { type, message }, request_id: "req_1" };
  return jsonReply(body, status, { "request-id": "req_1", ...headers });
}
