import { startUpstreams, type Upstreams } from "@fallthrough/testkit";
import { serve } from "@hono/node-server";
import { DefaultChatTransport, readUIMessageStream, type UIMessage } from "ai";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";

const QUESTION = "What is new?";

type Handler = (request: Request) => Promise<Response>;

let upstreams: Upstreams;
let handlers: Readonly<Record<string, Handler>>;
let server: ReturnType<typeof serve>;
let origin: string;
beforeAll(async () => {
  upstreams = await startUpstreams();
  vi.stubEnv("PIZZAGPT_URL", upstreams.pizzagpt.baseURL);
  vi.stubEnv("CHATGPTFREE_URL", upstreams.chatgptfree.baseURL);
  handlers = {
    "/api/chat": (await import("../app/api/chat/route.js")).POST,
    "/api/text": (await import("../app/api/text/route.js")).POST,
  };
  const fetch = (request: Request): Promise<Response> =>
    (handlers[new URL(request.url).pathname] as Handler)(request);
  origin = await new Promise((resolve) => {
    server = serve({ fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) =>
      resolve(`http://127.0.0.1:${port}`),
    );
  });
}, 30_000);
afterEach(() => {
  upstreams.pizzagpt.behave("ok");
  upstreams.chatgptfree.behave("ok");
});
afterAll(async () => {
  vi.unstubAllEnvs();
  server.close();
  await upstreams.close();
});

async function chat(text: string): Promise<UIMessage | undefined> {
  const transport = new DefaultChatTransport({ api: `${origin}/api/chat` });
  const stream = await transport.sendMessages({
    chatId: "c",
    messageId: undefined,
    trigger: "submit-message",
    messages: [{ id: "q", role: "user", parts: [{ type: "text", text }] }],
    abortSignal: undefined,
  });
  let last: UIMessage | undefined;
  for await (const message of readUIMessageStream({ stream })) last = message;
  return last;
}

test("what useChat() asks is answered by the second site for the first", async () => {
  upstreams.chatgptfree.behave("challenge");

  const message = await chat(QUESTION);

  expect(message?.parts.find(({ type }) => type === "text")).toMatchObject({
    text: upstreams.answerTo(QUESTION),
    state: "done",
  });
});

test("the text alone is streamed, or a status says why not", async () => {
  const ask = (messages: unknown): Promise<Response> =>
    fetch(`${origin}/api/text`, { method: "POST", body: JSON.stringify({ messages }) });

  expect(await (await ask([{ role: "user", content: QUESTION }])).text()).toBe(upstreams.answerTo(QUESTION));
  expect((await ask([])).status).toBe(400);
});

test("a client that leaves ends the call", async () => {
  // the first of them may be resting
  const sites = [upstreams.chatgptfree, upstreams.pizzagpt];
  for (const site of sites) site.behave("silent");
  const received = () => sites.flatMap(({ requests }) => requests);
  const before = received().length;
  const controller = new AbortController();
  const asked = fetch(`${origin}/api/text`, {
    method: "POST",
    body: JSON.stringify({ messages: [{ role: "user", content: QUESTION }] }),
    signal: controller.signal,
  }).catch(() => {});
  await expect.poll(() => received().length).toBeGreaterThan(before);

  controller.abort();
  await asked;

  await expect.poll(() => received().some(({ aborted }) => aborted)).toBe(true);
});
