import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { startUpstreams } from "../packages/testkit/dist/index.js";
import { applicationEnvironment } from "../scripts/example.mjs";
import { ROOT } from "../scripts/workspace.mjs";

test("a question is asked through the example, and the receivers are named first", {
  timeout: 120_000,
}, async () => {
  const upstreams = await startUpstreams();

  const running = promisify(execFile)(process.execPath, ["scripts/ask.mjs", "What is new?"], {
    cwd: ROOT,
    env: applicationEnvironment(upstreams.settings),
  });
  running.child.stdin?.end();
  const { stdout, stderr } = await running;

  expect(stdout).toBe(`${upstreams.answerTo("What is new?")}\n`);
  expect(stderr).toMatch(/^the prompt goes to one after another until one answers: PizzaGPT \(http:\/\/127/m);
  expect(stderr).toMatch(/^pizzagpt\/gpt-4o-mini +answered/m);
  await upstreams.close();
});
