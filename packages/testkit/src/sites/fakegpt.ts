import { randomBytes, randomUUID } from "node:crypto";
import { type AnswerTo, splitAnswer, WAVE } from "../answer.ts";
import { loadAnswer } from "../fixture.ts";
import { readForm } from "../form.ts";
import { isObject, type JsonFields, readJsonObject } from "../json-body.ts";
import { jsonReply, RETRY_AFTER, type Reply, recordedReply } from "../reply.ts";
import type { Site, SiteRequest } from "../site.ts";

const FOLDER = "pandora/1.3.1";
const MODEL = "text-davinci-002-render-sha";
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;
const STRONG_PASSWORD = /^(?=.*[a-z])(?=.*\d).{8,}$/i;
const TEXT = /(?<="parts": \[)"(?:[^"\\]|\\.)*"/;
const RECORDED_QUESTION_ID = "aaa2e2a4-0000-4000-8000-3e5a7aae2528";

/** The protocol of Pandora's shared chat; the login is synthetic, the stream recorded. */
export function createFakegptSite(answerTo: AnswerTo): Site {
  const tokens = [
    { token_id: randomBytes(8).toString("hex"), count: 7 },
    { token_id: randomBytes(8).toString("hex"), count: 2 },
  ];
  let credentials = new Map<string, string>();

  async function login(request: SiteRequest): Promise<Reply> {
    const form = await readForm(request);
    const known = tokens.some(({ token_id }) => token_id === form.get("token_key"));
    // the server's refusal has status 200 too: only the cookie tells
    if (!known || !STRONG_PASSWORD.test(form.get("session_password") ?? "")) return jsonReply({ code: 1 });
    const credential = randomUUID();
    credentials.set(credential, randomBytes(24).toString("base64url"));
    const cookie = `credential=${credential}; Path=/; HttpOnly; SameSite=Lax`;
    return jsonReply({ code: 0, url: "/" }, 200, { "Set-Cookie": cookie });
  }

  function session({ headers: { cookie = "" } }: SiteRequest): Reply {
    const accessToken = credentials.get(/(?:^|;\s*)credential=([^;]+)/.exec(cookie)?.[1] ?? "");
    if (accessToken === undefined) return jsonReply({});
    return recordedReply(loadAnswer(FOLDER, "session"), [
      ['"accessToken":"secret"', `"accessToken":"${accessToken}"`],
    ]);
  }

  function conversation(request: SiteRequest): Reply {
    if (request.once("expired-token")) credentials = new Map();
    const bearer = /^Bearer (.+)$/.exec(request.headers["x-authorization"] ?? "")?.[1] ?? "";
    const valid = credentials.has(bearer) || [...credentials.values()].includes(bearer);
    if (!valid) return recordedReply(loadAnswer(FOLDER, "talk-401"));
    const question = parseQuestion(readJsonObject(request));
    if (!question) return jsonReply({ detail: "The request body is not a conversation." }, 422);
    return talk(question, request.behaviour === "empty" ? "" : answerTo(question.text));
  }

  return {
    serverError: jsonReply({ detail: "Internal Server Error" }, 500),
    rateLimit: limited(),
    answer: (request) => {
      switch (`${request.method} ${request.url.pathname}`) {
        case "GET /api/loads":
          return /^\d{10}$/.test(request.url.searchParams.get("t") ?? "")
            ? jsonReply({ loads: tokens })
            : notFound();
        case "POST /auth/login":
          return login(request);
        case "GET /api/auth/session":
          return session(request);
        case "POST /api/conversation":
          return conversation(request);
        default:
          return notFound();
      }
    },
  };
}

interface Question {
  readonly id: string;
  readonly text: string;
}

function parseQuestion(body: JsonFields = {}): Question | undefined {
  const { action, messages, parent_message_id, model, plugin_ids, timezone_offset_min, suggestions } = body;
  const { history_and_training_disabled, arkose_token, force_paragen } = body;
  const wellFormed =
    action === "next" &&
    model === MODEL &&
    isUuid(parent_message_id) &&
    Array.isArray(plugin_ids) &&
    typeof timezone_offset_min === "number" &&
    Array.isArray(suggestions) &&
    typeof history_and_training_disabled === "boolean" &&
    typeof arkose_token === "string" &&
    typeof force_paragen === "boolean";
  const message: unknown = Array.isArray(messages) ? messages.at(-1) : undefined;
  if (!wellFormed || !isObject(message)) return undefined;
  const { id, author, content } = message;
  if (!isUuid(id) || !isObject(author) || !isObject(content)) return undefined;
  const { role } = author;
  const { content_type, parts } = content;
  const [text]: unknown[] = Array.isArray(parts) ? parts : [];
  return role === "user" && content_type === "text" && typeof text === "string" && text !== ""
    ? { id: String(id), text }
    : undefined;
}

function isUuid(value: unknown): boolean {
  return typeof value === "string" && UUID.test(value);
}

/** Every event of the recording holds the whole text so far; one of them ends inside a surrogate pair. */
function talk(question: Question, answer: string): Reply {
  const recorded = recordedReply(loadAnswer(FOLDER, "talk-ok"), [[RECORDED_QUESTION_ID, question.id]]);
  const events =
    Buffer.concat(recorded.chunks)
      .toString("utf8")
      .match(/data: .*\n\n/g) ?? [];
  const wave = answer.indexOf(WAVE) + 1;
  const early = splitAnswer(answer.slice(0, Math.max(0, wave - 1)), 3);
  const texts = [question.text, "", ...early.map((_, index) => early.slice(0, index + 1).join(""))];
  texts.push(answer.slice(0, wave), answer);

  const filled = events.map((event, index) => event.replace(TEXT, () => JSON.stringify(texts[index] ?? "")));
  const verdict = { is_completion: true, moderation_response: { flagged: false, blocked: false } };
  filled.splice(-1, 0, `data: ${JSON.stringify(verdict)}\n\n`);
  return { ...recorded, chunks: filled.map((event) => Buffer.from(event)), cutAfter: 5 };
}

function limited(): Reply {
  const reply = recordedReply(loadAnswer(FOLDER, "talk-429"));
  return { ...reply, fields: [...reply.fields, ["Retry-After", RETRY_AFTER]] };
}

function notFound(): Reply {
  return jsonReply({ detail: "Not Found" }, 404);
}
