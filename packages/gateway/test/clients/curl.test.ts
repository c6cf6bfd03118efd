import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { textOf } from "../case.ts";
import { type ClientSetup, startForClients } from "./setup.ts";

const run = promisify(execFile);
let setup: ClientSetup;

beforeAll(async () => {
  setup = await startForClients();
});
afterAll(() => setup.close());

function curl(body: object, ...words: readonly string[]) {
  const data = JSON.stringify({ messages: [{ role: "user", content: "hi" }], ...body });
  const url = `${setup.gateway.baseURL}/chat/completions`;
  return run("curl", [
    "-sS",
    "--noproxy",
    "*",
    url,
    "-H",
    "content-type: application/json",
    "-d",
    data,
    ...words,
  ]);
}

test("an answer comes whole and streamed although the first provider failed", async () => {
  const whole = await curl({});
  const streamed = await curl({ stream: true }, "-N", "-i");

  expect(JSON.parse(whole.stdout).choices[0].message.content).toBe("You said hi");
  expect(streamed.stdout).toMatch(/^HTTP\/1.1 200 OK\r\n[\s\S]*x-fallthrough-provider: up\r\n/i);
  expect(textOf(streamed.stdout.slice(streamed.stdout.indexOf("\r\n\r\n") + 4))).toBe("You said hi");
});

test("what curl sends without a type is refused: a page could send it too", async () => {
  const url = `${setup.gateway.baseURL}/chat/completions`;

  const { stdout } = await run("curl", ["-sS", "--noproxy", "*", url, "-d", "{}", "-w", "%{http_code}"]);

  expect(stdout).toMatch(/415$/);
});
