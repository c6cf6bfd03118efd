import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { AGENTS } from "../../src/agents/agents.ts";
import { runProgram } from "../../src/program.ts";

const GATEWAY = { baseURL: "http://127.0.0.1:8787/v1", model: "auto" };
const WRITTEN = Object.entries(AGENTS).filter(([, agent]) => agent.files !== undefined);
const PRINTED = Object.entries(AGENTS).filter(([, agent]) => agent.files === undefined);
const BEFORE: Readonly<Record<string, string>> = {
  json: '{\n  // mine\n  "theme": "dark",\n  "model": { "temperature": 1 }\n}\n',
  toml: '# mine\nmodel = "gpt-5"\n\n[model_providers.acme]\nname = "Acme"\n',
};

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "fallthrough-home-"));
  vi.stubEnv("HOME", home);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true });
});

async function setup(words: readonly string[], environment: Record<string, string> = {}) {
  const streams = { output: new PassThrough(), notes: new PassThrough() };
  const code = await runProgram(["setup", ...words], {
    directory: home,
    environment,
    input: new PassThrough(),
    ...streams,
    signal: new AbortController().signal,
  });
  return { code, stdout: String(streams.output.read() ?? ""), stderr: String(streams.notes.read() ?? "") };
}

function filesOf(name: string): readonly { readonly path: string; readonly before: string }[] {
  const files = AGENTS[name]?.files?.(GATEWAY) ?? [];
  return files.map(({ file, format }) => ({ path: join(home, file), before: BEFORE[format] ?? "" }));
}

function place(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

describe.each(WRITTEN)("setup %s", (name, { files = () => [] }) => {
  test("tells what it would change, and changes nothing", async () => {
    const { code, stdout, stderr } = await setup([name]);

    expect(code).toBe(0);
    for (const { path } of filesOf(name)) {
      expect(stdout).toContain(path);
      expect(existsSync(path)).toBe(false);
    }
    expect(stdout).toContain("http://127.0.0.1:8787");
    expect(stderr).toContain(`fallthrough setup ${name} --write`);
  });

  test("writes it, twice the same, and takes it back to the last byte", async () => {
    for (const { path, before } of filesOf(name)) place(path, before);
    expect((await setup([name, "--write"])).code).toBe(0);
    const written = filesOf(name).map(({ path }) => readFileSync(path, "utf8"));

    expect((await setup([name, "--write"])).stdout).toContain("is so already");
    filesOf(name).forEach(({ path, before }, index) => {
      expect(readFileSync(path, "utf8")).toBe(written[index]);
      expect(readFileSync(`${path}.before-fallthrough`, "utf8")).toBe(before);
      expect(written[index]).toContain("mine");
    });

    expect((await setup([name, "--undo"])).code).toBe(0);
    for (const { path, before } of filesOf(name)) {
      expect(readFileSync(path, "utf8")).toBe(before);
      expect(existsSync(`${path}.before-fallthrough`)).toBe(false);
    }
  });

  test("makes files where there are none, and removes them again", async () => {
    await setup([name, "--write"]);
    for (const { path } of filesOf(name)) expect(existsSync(path)).toBe(true);

    await setup([name, "--undo"]);
    for (const { path } of filesOf(name)) expect(existsSync(path)).toBe(false);
    expect((await setup([name, "--undo"])).stdout).toContain("does not exist");
  });

  test("keeps a token out of the files", async () => {
    await setup([name, "--write"], { FALLTHROUGH_TOKEN: "tok-secret-1" });

    for (const { path } of filesOf(name)) expect(readFileSync(path, "utf8")).not.toContain("tok-secret-1");
    const all = filesOf(name).map(({ path }) => readFileSync(path, "utf8"));
    expect(all.join()).toContain("FALLTHROUGH_TOKEN");
  });

  test("names the file that it cannot read, and leaves it", async () => {
    const [first] = filesOf(name);
    place(first?.path ?? "", "= not a configuration {");

    const { code, stderr } = await setup([name, "--write"]);

    expect(code).toBe(2);
    expect(stderr).toContain(first?.path);
    expect(readFileSync(first?.path ?? "", "utf8")).toBe("= not a configuration {");
  });

  test("looks in the folder that the program's own variable names", async () => {
    const [change] = files(GATEWAY);
    if (change?.folderVariable === undefined) return;
    const folder = join(home, "elsewhere");

    const { stdout } = await setup([name], { [change.folderVariable]: folder });

    expect(stdout).toContain(folder);
  });
});

test("what the user changes after it stays when it is taken back", async () => {
  const path = join(home, ".codex/config.toml");
  place(path, 'model = "gpt-5"\n');
  await setup(["codex", "--write"]);
  writeFileSync(path, `${readFileSync(path, "utf8")}\n[projects."/a"]\ntrust_level = "trusted"\n`);

  await setup(["codex", "--undo"]);

  const text = readFileSync(path, "utf8");
  expect(text).toContain('model = "gpt-5"');
  expect(text).toContain('trust_level = "trusted"');
  expect(text).not.toContain("fallthrough");
});

test("a file that is linked is changed where it is", async () => {
  const kept = join(home, "dotfiles/settings.json");
  place(kept, "{}\n");
  mkdirSync(join(home, ".claude"));
  symlinkSync(kept, join(home, ".claude/settings.json"));

  await setup(["claude", "--write"]);

  expect(JSON.parse(readFileSync(kept, "utf8")).env.ANTHROPIC_BASE_URL).toBe("http://127.0.0.1:8787");
});

test("the address and the model of the command line and of the configuration are used", async () => {
  writeFileSync(join(home, "fallthrough.config.json"), '{ "serve": { "port": 9999, "host": "::" } }');

  expect((await setup(["codex"])).stdout).toContain("http://127.0.0.1:9999/v1");
  const { stdout } = await setup(["codex", "--url", "https://gate.example/v1/", "-m", "fast"]);
  expect(stdout).toContain('"base_url":"https://gate.example/v1"');
  expect(stdout).toContain('model = "fast"');
});

test.each(PRINTED)("%s gets lines to paste, and says that nothing is written", async (name) => {
  const { code, stdout } = await setup([name]);

  expect([code, stdout.length > 0]).toEqual([0, true]);
  expect((await setup([name, "--write"])).code).toBe(2);
});

test("an unknown program is told with those that are known", async () => {
  const { code, stderr } = await setup(["codecks"]);

  expect(code).toBe(2);
  expect(stderr).toContain("expected codex, claude, opencode, pi, qwen");
});
