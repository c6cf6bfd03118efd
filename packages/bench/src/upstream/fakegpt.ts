import type { Answer } from "./answer.ts";
import { textsOf } from "./text.ts";

const QUESTION_ID = "aaa2e2a4-0000-4000-8000-3e5a7aae2528";
const ANSWER_ID = "2c33ab39-0000-4000-8000-8c9d8d512243";
const CREATED = 1_701_830_889.416_883;

/** The events of a Pandora conversation, each with the whole text so far, in the form of the server's recording. */
export function fakegptEvents(answer: Answer): readonly string[] {
  const texts = textsOf(answer);
  let whole = "";
  const growing = ["", ...texts].map((text, index) => {
    whole += text;
    return formatEvent(whole, index === texts.length);
  });
  const verdict = { is_completion: true, moderation_response: { flagged: false, blocked: false } };
  return [...growing, `data: ${JSON.stringify(verdict)}\n\n`, "data: [DONE]\n\n"];
}

/** What the login asks for on its way to a conversation: the body, and the cookie that comes with it. */
export function fakegptLogin(path: string): { readonly body: string; readonly cookie?: string } | undefined {
  if (path.includes("/api/loads")) return { body: '{"loads": [{"token_id": "bench", "count": 0}]}' };
  if (path.endsWith("/auth/login")) {
    return { body: '{"code": 0, "url": "/"}', cookie: "credential=bench-credential; Path=/; HttpOnly" };
  }
  if (path.endsWith("/api/auth/session")) {
    return { body: '{"accessToken": "bench-access", "expires": "2099-01-01T00:00:00.000Z"}' };
  }
  return undefined;
}

function formatEvent(text: string, isLast: boolean): string {
  const message = {
    id: ANSWER_ID,
    author: { role: "assistant", name: null, metadata: {} },
    create_time: CREATED,
    update_time: null,
    content: { content_type: "text", parts: [text] },
    status: isLast ? "finished_successfully" : "in_progress",
    end_turn: isLast ? true : null,
    weight: 1,
    metadata: {
      message_type: "next",
      model_slug: "text-davinci-002-render-sha",
      ...(isLast ? { finish_details: { type: "stop" } } : {}),
      parent_id: QUESTION_ID,
    },
    recipient: "all",
  };
  return `data: ${JSON.stringify({ message, conversation_id: QUESTION_ID, error: null })}\n\n`;
}
