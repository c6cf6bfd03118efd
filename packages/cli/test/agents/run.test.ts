import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { startUpstreams, type Upstreams } from "@fallthrough/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Application, createApplication, finishCommand, runCommand, startCommand } from "../command.ts";

/** A program that writes down how it was started, and asks the gateway it was told of. */
const PROGRAM = `#!${process.execPath}
import { readFileSync, writeFileSync } from "node:fs";
const words = process.argv.slice(2);
const module = words.find((word) => word.endsWith("fallthrough.mjs"));
const told = { words, environment: process.env, module: module && readFileSync(module, "utf8") };
writeFileSync(process.env.TOLD, JSON.stringify(told));
if (words.includes("--wait")) {
  process.on("SIGTERM", () => process.exit(7));
  process.stdout.write("waiting\\n");
  setInterval(() => {}, 1000);
} else {
  const { OPENAI_BASE_URL: url, OPENAI_API_KEY: key, OPENAI_MODEL: model } = process.env;
  if (url !== undefined) {
    const response = await fetch(url + "/chat/completions", {
      method: "POST",
      headers: { "content-type": "application/json", authorization: "Bearer " + key },
      body: JSON.stringify({ model, messages: [{ role: "user", content: "What is new?" }] }),
    });
    process.stdout.write((await response.json()).choices[0].message.content + "\\n");
  }
  process.exitCode = 3;
}
`;

let upstreams: Upstreams;
let application: Application;
beforeAll(async () => {
  upstreams = await startUpstreams();
  const { pizzagpt } = upstreams.settings;
  application = createApplication(["pizzagpt"], { settings: { pizzagpt }, serve: { port: 1 } });
  for (const name of ["codex", "claude", "opencode", "pi", "qwen", "aider"]) {
    application.place(`bin/${name}.mjs`, PROGRAM);
    const file = join(application.directory, "bin", name);
    writeFileSync(file, `#!/bin/sh\nexec '${process.execPath}' '${file}.mjs' "$@"\n`);
    chmodSync(file, 0o755);
  }
  mkdirSync(join(application.directory, "home"));
});
afterAll(async () => {
  await upstreams.close();
  application.remove();
});

function environment(): Record<string, string> {
  const { directory } = application;
  return {
    PATH: `${join(directory, "bin")}${delimiter}${process.env["PATH"]}`,
    HOME: join(directory, "home"),
    TOLD: join(directory, "told.json"),
  };
}

function readTold(): {
  readonly words: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly module?: string | undefined;
} {
  return JSON.parse(readFileSync(join(application.directory, "told.json"), "utf8"));
}

test("a program asks a gateway of its own, and its exit code is the command's", async () => {
  const { code, stdout } = await runCommand(["run", "qwen", "-p", "hi", "--json"], {
    ...application,
    environment: environment(),
  });

  expect([code, stdout]).toEqual([3, `${upstreams.answerTo("What is new?")}\n`]);
  const { words, environment: told } = readTold();
  expect(words).toEqual(["--auth-type", "openai", "--model", "auto", "-p", "hi", "--json"]);
  expect(told["OPENAI_BASE_URL"]).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1$/);
  expect(told["OPENAI_BASE_URL"]).not.toContain(":1/");
});

test.each([
  [
    "codex",
    (told: ReturnType<typeof readTold>) =>
      expect(told.words).toContain('model_providers.fallthrough.base_url="https://gate.example/v1"'),
  ],
  [
    "claude",
    (told: ReturnType<typeof readTold>) =>
      expect(told.environment["ANTHROPIC_BASE_URL"]).toBe("https://gate.example"),
  ],
  [
    "opencode",
    (told: ReturnType<typeof readTold>) =>
      expect(JSON.parse(told.environment["OPENCODE_CONFIG_CONTENT"] ?? "").model).toBe("fallthrough/fast"),
  ],
  [
    "pi",
    (told: ReturnType<typeof readTold>) =>
      expect(told.module).toContain('"baseUrl":"https://gate.example/v1"'),
  ],
  [
    "aider",
    (told: ReturnType<typeof readTold>) =>
      expect(told.environment["OPENAI_API_BASE"]).toBe("https://gate.example/v1"),
  ],
])("%s is told of the gateway of the command line", async (name, check) => {
  const { stderr } = await runCommand(
    ["run", "--url", "https://gate.example/v1", "--model", "fast", name, "--wish", "x"],
    { ...application, environment: environment() },
  );

  const told = readTold();
  expect(told.words.slice(-2), stderr).toEqual(["--wish", "x"]);
  check(told);
});

test("a request to end is passed on, and waited for", async () => {
  const child = startCommand(["run", "--url", "https://gate.example/v1", "codex", "--wait"], {
    ...application,
    environment: environment(),
  });
  const finished = finishCommand(child);
  await new Promise((resolve) => child.stdout.once("data", resolve));
  child.kill("SIGTERM");

  expect((await finished).code).toBe(7);
});

test.each([
  ["a program that is not installed", ["opencode"], { PATH: "/nowhere" }, "npm install -g opencode-ai"],
  ["a program that only its settings can tell", ["cline"], {}, "fallthrough setup cline"],
  ["an unknown program", ["emacs"], {}, "program `emacs` is unknown"],
])("%s is refused with what to do", async (_, words, changed, message) => {
  const { code, stderr } = await runCommand(["run", "--url", "https://gate.example/v1", ...words], {
    ...application,
    environment: { ...environment(), ...changed },
  });

  expect(code).toBe(2);
  expect(stderr).toContain(message);
});
