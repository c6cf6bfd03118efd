import { startUpstreams, type Upstreams } from "@fallthrough/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Application, createApplication, type Run, runCommand } from "./command.ts";

let upstreams: Upstreams;
let application: Application;

beforeEach(async () => {
  upstreams = await startUpstreams();
  application = createApplication(["openai"]);
});
afterEach(async () => {
  await upstreams.close();
  application.remove();
});

/** Runs the command as somebody would who has an Ollama on this machine and one free key, and no configuration. */
function run(words: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Run> {
  return runCommand(words, {
    directory: application.directory,
    environment: {
      OLLAMA_HOST: new URL(upstreams.openai.baseURL).host,
      GROQ_API_KEY: "the-free-key-of-the-test",
      // nothing leaves this machine, whoever is asked
      HTTPS_PROXY: "http://127.0.0.1:9",
      ...environment,
    },
  });
}

test("who has an Ollama and one free key gets an answer without a configuration, and is told who answered", async () => {
  const { code, stdout, stderr } = await run(["ask", "hi"]);

  expect(stderr).toMatch(/^ollama\S* +answered/m);
  expect(stdout).toBe(`${upstreams.answerTo("hi")}\n`);
  expect(code).toBe(0);
  expect(stdout + stderr).not.toContain("the-free-key");
});

test("models of the Ollama are listed where its user has moved it to, and asked for by their plain names", async () => {
  const models = await run(["models"]);
  const asked = await run(["ask", "hi", "-m", "qwen3"]);

  expect(models.stdout).toContain("ollama/qwen3");
  expect(asked.stderr).toMatch(/^ollama\/qwen3 +answered/m);
  expect(asked.stdout).toBe(`${upstreams.answerTo("hi")}\n`);
});

test("services.md §3: the command tells the server's own words where nobody answered", async () => {
  upstreams.openai.behave("server-error");

  const { code, stdout, stderr } = await run(["ask", "hi", "-m", "ollama/qwen3"]);

  expect(stderr).toContain("The server had an error while processing your request.");
  expect([code, stdout]).toEqual([1, ""]);
});

test("without the Ollama the free key is the one that is asked", async () => {
  const { stderr, code } = await run(["ask", "hi"], { OLLAMA_HOST: "127.0.0.1:9" });

  expect(stderr).toMatch(/^ *groq\S*.*network/m);
  expect(stderr).not.toMatch(/^ *ollama/m);
  expect(code).toBe(1);
});
