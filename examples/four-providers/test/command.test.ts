import { exec } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startUpstreams } from "@fallthrough/testkit";
import { expect, test } from "vitest";

test("the installed command answers what is piped in, as one JSON object", { timeout: 30_000 }, async () => {
  const upstreams = await startUpstreams();
  const { pizzagpt, chatgptt, chatgptfree, fakegpt } = upstreams;
  pizzagpt.behave("abuse");

  const { stdout } = await promisify(exec)(
    'echo "hi" | npm exec --no -- fallthrough ask -m gpt-4o-mini --json',
    {
      cwd: fileURLToPath(new URL("..", import.meta.url)),
      env: {
        ...process.env,
        PIZZAGPT_URL: pizzagpt.baseURL,
        CHATGPTT_URL: chatgptt.baseURL,
        CHATGPTFREE_URL: chatgptfree.baseURL,
        FAKEGPT_URL: fakegpt.baseURL,
        NO_PROXY: "127.0.0.1",
      },
    },
  );

  expect(JSON.parse(stdout)).toMatchObject({
    text: upstreams.answerTo("hi"),
    finishReason: "stop",
    route: {
      provider: "chatgptt",
      attempts: [
        { provider: "pizzagpt", outcome: "failed", code: "abuse" },
        { provider: "chatgptt", outcome: "answered" },
      ],
    },
  });
  await upstreams.close();
});
