import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startUpstreams } from "@fallthrough/testkit";
import { expect, test } from "vitest";

test("the alias is asked in its own order, and the second answers for the first", {
  timeout: 30_000,
}, async () => {
  const upstreams = await startUpstreams();
  upstreams.chatgptfree.behave("challenge");

  const { stdout, stderr } = await promisify(execFile)(process.execPath, ["main.js", "What is new?"], {
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    env: {
      ...process.env,
      PIZZAGPT_URL: upstreams.pizzagpt.baseURL,
      CHATGPTFREE_URL: upstreams.chatgptfree.baseURL,
      NO_PROXY: "127.0.0.1",
    },
  });

  expect(stdout).toBe(`${upstreams.answerTo("What is new?")}\n`);
  expect(stderr).toBe("answered by pizzagpt/gpt-4o-mini, after 2 attempts\n");
  await upstreams.close();
});
