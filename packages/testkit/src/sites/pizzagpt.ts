import type { AnswerTo } from "../answer.ts";
import { isObject, type JsonFields, readJsonObject } from "../json-body.ts";
import { jsonReply, RETRY_AFTER, type Reply } from "../reply.ts";
import type { Site, SiteRequest } from "../site.ts";

/** How the stand-in of PizzaGPT is set up. */
export interface PizzagptSiteOptions {
  /** What `x-secret` must be. @default "Diavola" */
  readonly secret?: string | undefined;
}

const PATH = "/api/chatx-completion";
const REFUSAL = "Misuse detected. Please get in touch with us.";
const COOKIE = { "Set-Cookie": "n-req=1; Path=/; SameSite=Lax" };

/** The protocol of PizzaGPT; all of it is synthetic, after what public clients send and read. */
export function createPizzagptSite(
  answerTo: AnswerTo,
  { secret = "Diavola" }: PizzagptSiteOptions = {},
): Site {
  return {
    serverError: failure(500, "Internal Server Error"),
    rateLimit: failure(429, "Too Many Requests", { "Retry-After": RETRY_AFTER }),
    answer: (request) => refusal(request, secret) ?? completion(request, answerTo),
  };
}

function refusal({ method, url, origin, headers }: SiteRequest, secret: string): Reply | undefined {
  if (url.pathname !== PATH) return failure(404, "Page not found");
  if (method !== "POST") return failure(405, "HTTP method is not allowed.");
  if (headers["x-secret"] !== secret) return failure(401, "Unauthorized");
  const { origin: page, referer } = headers;
  if (page !== origin || !referer?.startsWith(`${origin}/`)) return failure(403, "Forbidden");
  return undefined;
}

function completion(request: SiteRequest, answerTo: AnswerTo): Reply {
  const { question, chat, searchEnabled, studyMode } = readJsonObject(request) ?? {};
  const newest = chat !== undefined;
  const wellFormed = newest ? isChat(chat) && isBoolean(searchEnabled) && isBoolean(studyMode) : true;
  if (typeof question !== "string" || question === "" || !wellFormed) return failure(400, "Bad Request");

  if (request.behaviour === "abuse") return answer(REFUSAL, newest);
  if (request.behaviour === "empty") return answer("", newest);
  return answer(answerTo(question), newest, searchEnabled === true ? { citations: [CITATION] } : {});
}

const CITATION = { title: "Pizza", url: "https://en.wikipedia.org/wiki/Pizza" };

/** The text stood in `answer` while clients sent the question only, and stands at the top since they send the chat. */
function answer(content: string, newest: boolean, more: JsonFields = {}): Reply {
  return {
    ...jsonReply(newest ? { content, ...more } : { answer: { content }, ...more }, 200, COOKIE),
    cutAfter: 1,
  };
}

function isChat(chat: unknown): boolean {
  return Array.isArray(chat) && chat.length > 0 && chat.every(isTurn);
}

function isTurn(turn: unknown): boolean {
  if (!isObject(turn)) return false;
  const { text, sender, studyMode } = turn;
  return typeof text === "string" && (sender === "user" || sender === "assistant") && isBoolean(studyMode);
}

function isBoolean(value: unknown): boolean {
  return typeof value === "boolean";
}

function failure(statusCode: number, statusMessage: string, headers: Record<string, string> = {}): Reply {
  return jsonReply({ url: PATH, statusCode, statusMessage, message: statusMessage }, statusCode, headers);
}
