import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startServices } from "@fallthrough/testkit";
import { expect, test } from "vitest";

const run = promisify(execFile);
const EXAMPLE = fileURLToPath(new URL("..", import.meta.url));
const LIMIT = { timeout: 30_000 };

test("six lines write what the model on this machine answers", LIMIT, async () => {
  const services = await startServices({ openai: { models: ["llama3.2"] } });

  const { stdout } = await run(process.execPath, ["main.js"], {
    cwd: EXAMPLE,
    env: { ...process.env, LOCAL_URL: services.openai.baseURL },
  });

  expect(stdout).toBe(services.answerTo("Why is the sky blue?"));
  await services.close();
});

test("where nothing listens, the error says who was asked and how it failed", LIMIT, async () => {
  const failed = run(process.execPath, ["main.js"], {
    cwd: EXAMPLE,
    env: { ...process.env, LOCAL_URL: "http://127.0.0.1:9/v1" },
  });

  await expect(failed).rejects.toMatchObject({ stderr: expect.stringMatching(/local.*network/s) });
});
