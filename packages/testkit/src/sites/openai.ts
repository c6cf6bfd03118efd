import { type AnswerTo, splitAnswer } from "../answer.ts";
import { isObject, readJsonObject } from "../json-body.ts";
import { jsonReply, RETRY_AFTER, type Reply } from "../reply.ts";
import type { Site, SiteRequest } from "../site.ts";
import { createResponses } from "./responses.ts";

/** How the OpenAI-compatible stand-in is set up. */
export interface OpenaiSiteOptions {
  /** What the bearer must be. @default none is asked for */
  readonly apiKey?: string | undefined;
  /** @default ["llama3.2", "qwen3"] */
  readonly models?: readonly string[] | undefined;
}

const CREATED = 1735689600;
const USAGE = { prompt_tokens: 7, completion_tokens: 11, total_tokens: 18 };
const DELTAS = 6;
/** OpenAI has these in Responses alone. */
const RESPONSES_ONLY = /-(?:pro|codex|deep-research)(?:-|$)/;

type Fields = Record<string, unknown>;

/**
 * The protocol of OpenAI and of servers like it, chat completions and Responses; synthetic, after the public reference.
 *
 * With tools it calls each of them, and answers once it has the results.
 */
export function createOpenaiSite(answerTo: AnswerTo, options: OpenaiSiteOptions = {}): Site {
  const { apiKey, models = ["llama3.2", "qwen3"] } = options;
  const responses = createResponses(answerTo);

  function complete(request: SiteRequest): Reply {
    const body = readJsonObject(request);
    if (!body) return failure(400, "The request body is not a JSON object.", "invalid_request_error");
    const { model, messages, stream, stream_options } = body;
    if (typeof model !== "string" || !models.includes(model)) return unknownModel(model);
    if (RESPONSES_ONLY.test(model)) {
      const words = "This model is only supported in v1/responses and not in v1/chat/completions.";
      return failure(404, words, "invalid_request_error");
    }
    const list = Array.isArray(messages) ? messages.filter(isObject) : [];
    const question = lastQuestion(list);
    if (question === undefined)
      return failure(400, "`messages` has no user message.", "invalid_request_error");
    const problem = problemOfCalls(list);
    if (problem !== undefined) return failure(400, problem, "invalid_request_error");
    const message = messageOf(body, list, question, request.behaviour === "empty" ? "" : answerTo(question));
    if (stream !== true) return whole(model, message);
    const { include_usage } = isObject(stream_options) ? stream_options : {};
    return streamed(model, message, include_usage === true);
  }

  function respond(request: SiteRequest): Reply {
    const body = readJsonObject(request);
    if (!body) return failure(400, "The request body is not a JSON object.", "invalid_request_error");
    const { model } = body;
    if (typeof model !== "string" || !models.includes(model)) return unknownModel(model);
    const answer = responses({ body, isEmpty: request.behaviour === "empty" });
    if (!("refused" in answer)) return answer;
    const { message, param, code = null } = answer.refused;
    return jsonReply({ error: { message, type: "invalid_request_error", param, code } }, 400);
  }

  return {
    basePath: "/v1",
    serverError: failure(500, "The server had an error while processing your request.", "server_error"),
    rateLimit: failure(429, "Rate limit reached.", "rate_limit_exceeded", { "Retry-After": RETRY_AFTER }),
    answer: (request) => {
      const { authorization } = request.headers;
      if (apiKey !== undefined && authorization !== `Bearer ${apiKey}`) {
        return failure(401, "Incorrect API key provided.", "invalid_api_key");
      }
      switch (`${request.method} ${request.url.pathname}`) {
        case "GET /v1/models":
          return jsonReply({ object: "list", data: models.map(modelObject) });
        case "POST /v1/chat/completions":
          return complete(request);
        case "POST /v1/responses":
          return respond(request);
        default:
          return failure(404, "Unknown request URL.", "unknown_url");
      }
    },
  };
}

function modelObject(id: string): object {
  return { id, object: "model", created: CREATED, owned_by: "library" };
}

function unknownModel(model: unknown): Reply {
  return failure(404, `The model ${JSON.stringify(model)} does not exist.`, "model_not_found");
}

function lastQuestion(messages: readonly Fields[]): string | undefined {
  const { content } = messages.findLast(({ role }) => role === "user") ?? {};
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return undefined;
  return content
    .filter(isObject)
    .map(({ text }) => text ?? "")
    .join("");
}

function problemOfCalls(messages: readonly Fields[]): string | undefined {
  let open: readonly unknown[] = [];
  for (const { role, tool_calls, tool_call_id } of messages) {
    if (role === "tool") {
      if (!open.includes(tool_call_id)) return "messages with role 'tool' must be a response to 'tool_calls'";
      open = open.filter((id) => id !== tool_call_id);
    } else if (open.length > 0) {
      return "An assistant message with 'tool_calls' must be followed by tool messages for each 'tool_call_id'.";
    }
    if (Array.isArray(tool_calls)) open = tool_calls.filter(isObject).map(({ id }) => id);
  }
  return undefined;
}

/** What is said in one answer, as its pieces come. */
interface Message {
  readonly thoughts: readonly string[];
  readonly texts: readonly string[];
  readonly calls: readonly { readonly id: string; readonly name: unknown; readonly arguments: string }[];
}

function messageOf(body: Fields, messages: readonly Fields[], question: string, answer: string): Message {
  const { tools, reasoning_effort: effort } = body;
  const isThinking = effort !== undefined && effort !== "none";
  const thoughts = isThinking ? splitAnswer(`The question has ${question.length} characters.`, 3) : [];
  const called = (Array.isArray(tools) ? tools.filter(isObject) : []).map((tool) => tool["function"]);
  if (answer === "" || called.length === 0 || messages.at(-1)?.["role"] === "tool") {
    return { thoughts, texts: answer === "" ? [] : splitAnswer(answer, DELTAS), calls: [] };
  }
  const calls = called.filter(isObject).map(({ name }, index) => ({
    id: `call_${messages.length}_${index}`,
    name,
    arguments: JSON.stringify({ question }),
  }));
  return { thoughts, texts: [], calls };
}

function reasonOf({ calls }: Message): string {
  return calls.length > 0 ? "tool_calls" : "stop";
}

function whole(model: string, message: Message): Reply {
  const { thoughts, texts, calls } = message;
  const said = {
    role: "assistant",
    content: calls.length > 0 ? null : texts.join(""),
    ...(thoughts.length === 0 ? {} : { reasoning_content: thoughts.join("") }),
    ...(calls.length === 0
      ? {}
      : { tool_calls: calls.map(({ id, ...called }) => ({ id, type: "function", function: called })) }),
  };
  const choices = [{ index: 0, message: said, finish_reason: reasonOf(message) }];
  const body = {
    id: "chatcmpl-1",
    object: "chat.completion",
    created: CREATED,
    model,
    choices,
    usage: USAGE,
  };
  return { ...jsonReply(body), cutAfter: 1 };
}

function streamed(model: string, message: Message, includeUsage: boolean): Reply {
  const { thoughts, texts, calls } = message;
  const chunk = (choices: readonly object[], more: object = {}): string => {
    const fields = { id: "chatcmpl-1", object: "chat.completion.chunk", created: CREATED, model };
    return JSON.stringify({ ...fields, choices, ...more });
  };
  const delta = (fields: object, finishReason: string | null = null): string =>
    chunk([{ index: 0, delta: fields, finish_reason: finishReason }]);

  const called = calls.flatMap(({ id, name, arguments: text }, index) => [
    { index, id, type: "function", function: { name, arguments: "" } },
    ...[text.slice(0, 5), text.slice(5)].map((piece) => ({ index, function: { arguments: piece } })),
  ]);
  const deltas = [
    ...thoughts.map((reasoning_content) => ({ reasoning_content })),
    ...texts.map((content) => ({ content })),
    ...called.map((call) => ({ tool_calls: [call] })),
  ];
  const events = [
    delta({ role: "assistant", content: "" }),
    ...deltas.map((fields) => delta(fields)),
    delta({}, reasonOf(message)),
    ...(includeUsage ? [chunk([], { usage: USAGE })] : []),
    "[DONE]",
  ];
  return {
    status: 200,
    fields: [["Content-Type", "text/event-stream; charset=utf-8"]],
    chunks: events.map((event) => Buffer.from(`data: ${event}\n\n`)),
    cutAfter: 1 + deltas.length - DELTAS / 2,
  };
}

function failure(status: number, message: string, code: string, headers: Record<string, string> = {}): Reply {
  return jsonReply({ error: { message, type: code, param: null, code } }, status, headers);
}
