import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { startUpstreams, type Upstreams } from "@fallthrough/testkit";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";

const QUESTION = "What is new?";

let upstreams: Upstreams;
let server: ChildProcess;
let url: string;
beforeAll(async () => {
  upstreams = await startUpstreams();
  server = spawn(process.execPath, ["main.js"], {
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    env: {
      ...process.env,
      PORT: "0",
      PIZZAGPT_URL: upstreams.pizzagpt.baseURL,
      CHATGPTFREE_URL: upstreams.chatgptfree.baseURL,
      NO_PROXY: "127.0.0.1",
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(server.stdout as NodeJS.ReadableStream, "data");
  url = /http:\S+/.exec(String(line))?.[0] ?? "";
}, 30_000);
afterEach(() => {
  upstreams.pizzagpt.behave("ok");
  upstreams.chatgptfree.behave("ok");
});
afterAll(async () => {
  server.kill();
  await upstreams.close();
});

function ask(body: unknown, signal?: AbortSignal): Promise<Response> {
  return fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    signal: signal ?? null,
  });
}

const CHAT = { messages: [{ role: "user", content: QUESTION }] };

function eventsOf(body: string): { readonly type?: string; readonly delta?: string }[] {
  return [...body.matchAll(/^data: (.*)$/gm)].map(([, data = ""]) => JSON.parse(data));
}

test("the second site answers for the first, part by part", async () => {
  upstreams.chatgptfree.behave("challenge");

  const response = await ask(CHAT);
  const events = eventsOf(await response.text());

  expect(response.headers.get("content-type")).toContain("text/event-stream");
  expect(events.map(({ delta = "" }) => delta).join("")).toBe(upstreams.answerTo(QUESTION));
  expect(events.at(-1)).toMatchObject({ type: "finish" });
});

test("a question that is wrong is a status and JSON", async () => {
  const response = await ask({ messages: [] });

  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ error: { code: "bad-request" } });
});

test("where nobody answers, the status says so, and the words of the servers stay here", async () => {
  upstreams.chatgptfree.behave("server-error");
  upstreams.pizzagpt.behave("server-error");

  const response = await ask(CHAT);

  expect(response.status).toBe(502);
  expect(response.headers.get("x-should-retry")).toBe("false");
  expect(await response.json()).toMatchObject({
    error: { message: expect.stringContaining("no provider answered") },
  });
});

test("a client that leaves ends the call", async () => {
  // the first of them may be resting
  const sites = [upstreams.chatgptfree, upstreams.pizzagpt];
  for (const site of sites) site.behave("silent");
  const received = () => sites.flatMap(({ requests }) => requests);
  const before = received().length;
  const controller = new AbortController();
  const asked = ask(CHAT, controller.signal).catch(() => {});
  await expect.poll(() => received().length).toBeGreaterThan(before);

  controller.abort();
  await asked;

  await expect.poll(() => received().some(({ aborted }) => aborted)).toBe(true);
});
