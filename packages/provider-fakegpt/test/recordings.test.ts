import { readdirSync } from "node:fs";
import { ChatError, type ChatErrorCode, chat } from "@fallthrough/core";
import { readRecording, type SocketServer } from "@fallthrough/testkit";
import { afterEach, expect, test } from "vitest";
import { createFakegpt } from "../src/index.ts";
import { startPandora } from "./pandora.ts";

const FOLDER = new URL("fixtures/pandora/", import.meta.url);
const MODEL = "text-davinci-002-render-sha";
const TEXT = 'Привет, "мир" 👋\nbye';

interface Outcome {
  /** The whole answer, or what had arrived before the failure. */
  readonly text?: string;
  readonly code?: ChatErrorCode;
  readonly status?: number;
  /** How often the conversation is asked for. */
  readonly asked?: number;
  readonly firstChunkMs?: number;
}

/** Not a chat turn: it answers the login of every other file. */
const SESSION = "session.txt";

/** Every other file of the folder, and what comes of it as the answer to a conversation. */
const OUTCOMES: { readonly [file: string]: Outcome } = {
  "talk-401.txt": { code: "auth", status: 401, asked: 2 },
  "talk-429.txt": { code: "rate-limit", status: 429 },
  "talk-errorfield.txt": { code: "server", text: 'Привет, "мир" ' },
  "talk-html403.txt": { code: "timeout", firstChunkMs: 200 },
  "talk-ok.txt": { text: TEXT },
  "talk-tools.txt": { text: TEXT },
};

let server: SocketServer | undefined;
afterEach(() => server?.close());

test("every recording of the folder has an outcome", () => {
  const files = [SESSION, ...Object.keys(OUTCOMES)];

  expect(files).toEqual(readdirSync(FOLDER).sort());
  expect(files).toHaveLength(7);
});

test.each(
  Object.entries(OUTCOMES).flatMap(([file, outcome]) =>
    [1, 7, undefined].map((size) => ({ file, size, ...outcome })),
  ),
)(
  "$file in pieces of $size bytes comes to what was recorded",
  async ({ file, size, text, code, status, asked = 1, firstChunkMs }) => {
    const recorded = (name: string) => () => readRecording(new URL(name, FOLDER)).response;
    const routes = { "/api/auth/session": recorded(SESSION), "/api/conversation": recorded(file) };
    server = await startPandora(routes, { bytesPerPiece: size });
    const provider = createFakegpt({ baseURL: server.origin, timeouts: { firstChunkMs } });

    const outcome = await chat(provider, { messages: [{ role: "user", content: "echo of the question" }] })
      .result()
      .catch((error: unknown) => error);

    if (code === undefined) expect(outcome).toMatchObject({ text, finishReason: "stop", model: MODEL });
    else {
      expect(outcome).toBeInstanceOf(ChatError);
      expect(outcome).toMatchObject({ code, status });
      expect((outcome as ChatError).partial?.text).toBe(text);
    }
    const conversations = server.requests.filter(({ path }) => path === "/api/conversation");
    expect(conversations).toHaveLength(asked);
    expect(conversations[0]?.headers["x-authorization"]).toBe("Bearer secret");
    await provider.close?.();
  },
);
