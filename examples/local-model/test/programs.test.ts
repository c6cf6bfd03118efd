import { type ExecFileOptions, execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startServices } from "@fallthrough/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";

const EXAMPLE = fileURLToPath(new URL("..", import.meta.url));
const LIMIT = { timeout: 60_000 };
const PIXEL =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

let services: Awaited<ReturnType<typeof startServices>>;
beforeAll(async () => {
  services = await startServices({ openai: { models: ["llama3.2"] } });
});
afterAll(() => services.close());

test("a tool that the model calls is run, and the model answers with its result", LIMIT, async () => {
  const seen = services.openai.requests.length;

  expect(await run("tools.js")).toBe(`${services.answerTo("What time is it?")}\n`);

  const last = JSON.stringify(services.openai.requests.slice(seen).at(-1)?.body);
  expect(last).toContain("1970-01-01T00:00:00.000Z");
});

test("a picture goes with the question", LIMIT, async () => {
  const folder = await mkdtemp(join(tmpdir(), "example-"));
  await writeFile(join(folder, "picture.png"), Buffer.from(PIXEL, "base64"));

  expect(await run("image.js", { words: [join(folder, "picture.png")] })).toBe(
    `${services.answerTo("What is in this picture?")}\n`,
  );

  expect(services.openai.requests.at(-1)?.body).toContain(`data:image/png;base64,${PIXEL}`);
  await rm(folder, { recursive: true });
});

test("an answer in JSON is read as data", LIMIT, async () => {
  const message = { role: "assistant", content: '{"city":"Bern","inhabitants":137000}' };
  const server = createServer((request, response) => {
    request.resume();
    response.setHeader("content-type", "application/json");
    const models = { object: "list", data: [{ id: "llama3.2" }] };
    const answer = { model: "llama3.2", choices: [{ index: 0, message, finish_reason: "stop" }] };
    response.end(JSON.stringify(request.method === "GET" ? models : answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  expect(await run("json.js", { environment: { LOCAL_URL: `http://127.0.0.1:${port}/v1` } })).toBe(
    "Bern has 137000 inhabitants\n",
  );
  server.close();
});

test("a conversation sends what was said before", LIMIT, async () => {
  const answers = ["Is it blue?", "Why?"].map((question) => `${services.answerTo(question)}\n`);

  expect(await run("conversation.js", { input: "Is it blue?\nWhy?\n" })).toBe(answers.join(""));

  expect(services.openai.requests.at(-1)?.body).toContain(JSON.stringify(services.answerTo("Is it blue?")));
});

test("an abort stops the answer, and its own reason comes back", LIMIT, async () => {
  services.openai.behave("slow");

  expect(await run("abort.js")).toMatch(/\nstopped\n$/);

  services.openai.behave("ok");
});

test("where nobody answers, each failure is told with what to do", LIMIT, async () => {
  const environment = { LOCAL_URL: "http://127.0.0.1:9/v1" };

  expect(await run("failures.js", { environment })).toMatch(/^local: network\. \S/);
});

test("the second answers where the first fails, and the route says so", LIMIT, async () => {
  const environment = { LOCAL_URL: "http://127.0.0.1:9/v1", SECOND_URL: services.openai.baseURL };

  expect(await run("route.js", { environment })).toBe(
    [
      "first failed network",
      "second answered ",
      services.answerTo("Why is the sky blue?"),
      "second answered after 2 attempts",
      "",
    ].join("\n"),
  );
});

interface RunOptions {
  readonly words?: readonly string[];
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** What a program of this example writes. */
function run(
  program: string,
  { words = [], input = "", environment = {} }: RunOptions = {},
): Promise<string> {
  const options: ExecFileOptions = {
    cwd: EXAMPLE,
    env: { ...process.env, LOCAL_URL: services.openai.baseURL, ...environment },
  };
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, [program, ...words], options, (error, stdout) =>
      error ? reject(error) : resolve(String(stdout)),
    );
    child.stdin?.end(input);
  });
}
