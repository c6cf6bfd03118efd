import { type AnswerTo, splitAnswer } from "../answer.ts";
import { isObject, readJsonObject } from "../json-body.ts";
import { jsonReply, RETRY_AFTER, type Reply } from "../reply.ts";
import type { Site, SiteRequest } from "../site.ts";

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

/** The protocol of an OpenAI-compatible server; synthetic, after the public reference of the chat completions API. */
export function createOpenaiSite(answerTo: AnswerTo, options: OpenaiSiteOptions = {}): Site {
  const { apiKey, models = ["llama3.2", "qwen3"] } = options;

  function complete(request: SiteRequest): Reply {
    const body = readJsonObject(request);
    if (!body) return failure(400, "The request body is not a JSON object.", "invalid_request_error");
    const { model, messages, stream, stream_options } = body;
    if (typeof model !== "string" || !models.includes(model)) {
      return failure(404, `The model ${JSON.stringify(model)} does not exist.`, "model_not_found");
    }
    const question = lastQuestion(messages);
    if (question === undefined)
      return failure(400, "`messages` has no user message.", "invalid_request_error");
    const answer = request.behaviour === "empty" ? "" : answerTo(question);
    if (stream !== true) return whole(model, answer);
    const { include_usage } = isObject(stream_options) ? stream_options : {};
    return streamed(model, answer, include_usage === true);
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
        default:
          return failure(404, "Unknown request URL.", "unknown_url");
      }
    },
  };
}

function modelObject(id: string): object {
  return { id, object: "model", created: CREATED, owned_by: "library" };
}

function lastQuestion(messages: unknown): string | undefined {
  const objects = Array.isArray(messages) ? messages.filter(isObject) : [];
  const { content } = objects.findLast(({ role }) => role === "user") ?? {};
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return undefined;
  return content
    .filter(isObject)
    .map(({ text }) => text ?? "")
    .join("");
}

function whole(model: string, content: string): Reply {
  const message = { role: "assistant", content };
  const choices = [{ index: 0, message, finish_reason: "stop" }];
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

function streamed(model: string, answer: string, includeUsage: boolean): Reply {
  const chunk = (choices: readonly object[], more: object = {}): string => {
    const fields = { id: "chatcmpl-1", object: "chat.completion.chunk", created: CREATED, model };
    return JSON.stringify({ ...fields, choices, ...more });
  };
  const delta = (fields: object, finishReason: string | null = null): string =>
    chunk([{ index: 0, delta: fields, finish_reason: finishReason }]);

  const pieces = answer === "" ? [] : splitAnswer(answer, DELTAS);
  const events = [
    delta({ role: "assistant", content: "" }),
    ...pieces.map((content) => delta({ content })),
    delta({}, "stop"),
    ...(includeUsage ? [chunk([], { usage: USAGE })] : []),
    "[DONE]",
  ];
  return {
    status: 200,
    fields: [["Content-Type", "text/event-stream; charset=utf-8"]],
    chunks: events.map((event) => Buffer.from(`data: ${event}\n\n`)),
    cutAfter: 1 + DELTAS / 2,
  };
}

function failure(status: number, message: string, code: string, headers: Record<string, string> = {}): Reply {
  return jsonReply({ error: { message, type: code, param: null, code } }, status, headers);
}
