import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Services, startServices } from "@fallthrough/testkit";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";

const QUESTION = "What is new?";

let services: Services;
beforeAll(async () => {
  services = await startServices();
});
afterEach(() => services.anthropic.behave("ok"));
afterAll(() => services.close());

function run(program: string): Promise<{ readonly stdout: string; readonly stderr: string }> {
  return promisify(execFile)(process.execPath, [program, QUESTION], {
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    env: {
      ...process.env,
      ANTHROPIC_URL: services.anthropic.baseURL,
      GEMINI_URL: services.gemini.baseURL,
      NO_PROXY: "127.0.0.1",
    },
  });
}

test("three lines answer, and tell that the second vendor did", { timeout: 30_000 }, async () => {
  services.anthropic.behave("server-error");

  const { stdout, stderr } = await run("three-lines.js");

  expect(stdout).toBe(`${services.answerTo(QUESTION)}\n`);
  expect(JSON.parse(stderr)).toMatchObject({
    route: {
      provider: "gemini",
      attempts: [
        { provider: "anthropic", outcome: "failed", status: 529 },
        { provider: "gemini", outcome: "answered" },
      ],
    },
  });
});

test.each([
  ["anthropic", "ok"],
  ["gemini", "server-error"],
] as const)(
  "the loop of tools runs with the signatures of %s",
  { timeout: 30_000 },
  async (id, behaviour) => {
    services.anthropic.behave(behaviour);

    const { stdout, stderr } = await run("tool-loop.js");

    expect(stdout).toBe(services.answerTo(QUESTION));
    expect(stderr).toMatch(/^tool-calls 1 .*\nstop 0 /);
    expect(stderr).toContain(`"provider":"${id}"`);
  },
);
