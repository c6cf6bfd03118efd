import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startUpstreams, type Upstreams } from "@fallthrough/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCommand } from "./command.ts";

const NO_KEYS = { OPENAI_API_KEY: "", ANTHROPIC_API_KEY: "", GEMINI_API_KEY: "", GOOGLE_API_KEY: "" };
let upstreams: Upstreams;
let directory = "";

beforeAll(async () => {
  upstreams = await startUpstreams();
  directory = realpathSync(mkdtempSync(join(tmpdir(), "any-folder-")));
});
afterAll(async () => {
  await upstreams.close();
  rmSync(directory, { recursive: true });
});

test.each(["openai", "anthropic", "gemini", "groq"])(
  "in a folder without an application the command brings %s",
  async (id) => {
    const { stdout } = await runCommand(["providers", "--all"], { directory, environment: NO_KEYS });

    expect(stdout).toMatch(new RegExp(`^${id} +@fallthrough/provider-\\S+ .*comes with fallthrough`, "m"));
  },
);

test("where nobody can be asked yet it says which key or server would do, and how to install others", async () => {
  const { code, stderr } = await runCommand(["ask", "hi"], { directory, environment: NO_KEYS });

  expect(stderr).toMatch(/^no application declares a provider here.*npm init -y && npm install/m);
  expect(stderr).toMatch(/expected a local server or a key/);
  expect(code).toBe(2);
});

test("a server of one's own answers without an application", async () => {
  const servers = { mine: { baseURL: upstreams.openai.baseURL, models: ["llama3.2"] } };
  writeFileSync(join(directory, "fallthrough.config.json"), JSON.stringify({ servers }));

  const { code, stdout, stderr } = await runCommand(["ask", "What is new?", "-m", "mine"], { directory });

  expect({ code, stdout }).toEqual({ code: 0, stdout: `${upstreams.answerTo("What is new?")}\n` });
  expect(stderr).not.toContain("npm");
});
