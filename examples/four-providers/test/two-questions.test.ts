import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startUpstreams } from "@fallthrough/testkit";
import { expect, test } from "vitest";

test("who failed on the first question is not asked the second", { timeout: 30_000 }, async () => {
  const upstreams = await startUpstreams();
  upstreams.pizzagpt.behave("abuse");
  upstreams.chatgptt.behave("challenge");

  const { stdout } = await promisify(execFile)(process.execPath, ["two-questions.js"], {
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    env: {
      ...process.env,
      PIZZAGPT_URL: upstreams.pizzagpt.baseURL,
      CHATGPTT_URL: upstreams.chatgptt.baseURL,
      CHATGPTFREE_URL: upstreams.chatgptfree.baseURL,
      NO_PROXY: "127.0.0.1",
    },
  });

  expect(stdout).toContain(upstreams.answerTo("What is a fallback chain?"));
  expect(stdout).toContain(upstreams.answerTo("And what is a cooldown?"));
  expect(stdout).toMatch(/pizzagpt.*skipped/);
  expect(upstreams.pizzagpt.requests).toHaveLength(1);
  await upstreams.close();
});
