import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { parse } from "jsonc-parser";
import { afterEach, beforeEach, expect, test } from "vitest";
import { addTo, init as askFirst } from "../src/init.ts";
import { createOutput } from "../src/output.ts";
import type { Shell } from "../src/shell.ts";
import { type Application, createApplication, runCommand } from "./command.ts";

const KEYS = { GROQ_API_KEY: "gsk-hidden-1234", ANTHROPIC_API_KEY: "" };
let application: Application;

beforeEach(() => {
  application = createApplication(["openai"]);
});
afterEach(() => application.remove());

function configuration(): string {
  return readFileSync(join(application.directory, "fallthrough.config.json"), "utf8");
}

function init(...words: readonly string[]): ReturnType<typeof runCommand> {
  return runCommand(["init", ...words], { ...application, environment: KEYS });
}

test("what is found is written with a comment on each key, and no key of a service", async () => {
  const { code, stdout } = await init("--yes");

  expect(parse(configuration())).toMatchObject({ order: expect.arrayContaining(["groq"]) });
  expect(configuration()).toContain("// whom `auto` asks first");
  expect(configuration() + stdout).not.toContain("hidden");
  expect(code).toBe(0);
});

test("without a terminal and without `--yes` it only shows what it would write", async () => {
  const { code, stdout, stderr } = await init();

  expect(stdout).toContain('"groq"');
  expect(stderr).toContain("`--yes` writes it");
  expect(existsSync(join(application.directory, "fallthrough.config.json"))).toBe(false);
  expect(code).toBe(2);
});

test.each([
  ["y", 0, true],
  ["yes", 0, true],
  ["", 2, false],
  ["no", 2, false],
])("at a terminal it asks before it writes, and `%s` is an answer", async (answer, code, isWritten) => {
  const input = Object.assign(new PassThrough(), { isTTY: true });
  const notes = new PassThrough();
  const shell: Shell = {
    directory: application.directory,
    environment: {},
    input,
    output: new PassThrough(),
    notes,
    signal: new AbortController().signal,
  };
  notes.setEncoding("utf8").on("data", (text: string) => {
    if (text.includes("[y/N]")) input.write(`${answer}\n`);
  });
  application.place(
    "fallthrough.config.json",
    '{ "servers": { "mine": { "baseURL": "http://127.0.0.1:1/v1" } } }',
  );
  const before = configuration();

  expect(await askFirst(shell, createOutput(shell), {})).toBe(code);
  expect(configuration() !== before).toBe(isWritten);
});

test("run again it keeps what a person wrote and adds what is new", async () => {
  application.place(
    "fallthrough.config.json",
    '{\n  // mine\n  "order": ["ollama"],\n  "aliases": { "a": "groq" }\n}\n',
  );

  await init("--yes");

  expect(configuration()).toContain("// mine");
  const { order, aliases } = parse(configuration());
  expect(order[0]).toBe("ollama");
  expect(order).toContain("groq");
  expect(aliases).toEqual({ a: "groq" });
  const written = configuration();
  expect((await init("--yes")).stderr).toContain("has everything that was found");
  expect(configuration()).toBe(written);
});

test("a configuration gets the models of a service once", () => {
  const proposal = { order: ["anthropic"], settings: { anthropic: { models: [{ id: "claude-x" }] } } };

  const first = addTo("{}", proposal);

  expect(parse(first)).toEqual({
    order: ["anthropic"],
    settings: { anthropic: { models: [{ id: "claude-x" }] } },
  });
  expect(addTo(first, proposal)).toBe(first);
});

test("where nobody is found it says so and writes nothing", async () => {
  const { code, stderr } = await runCommand(["init", "--yes"], {
    ...application,
    environment: { GROQ_API_KEY: "", OPENAI_API_KEY: "" },
  });

  expect(stderr).toContain("nobody was found who could answer");
  expect(code).toBe(1);
});
