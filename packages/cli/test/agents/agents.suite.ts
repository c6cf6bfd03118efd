import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { type Application, createApplication, finishCommand, type Run, startCommand } from "../command.ts";
import { HALF, REPORT, type StandInModel, startModel } from "./stand-in-model.ts";

// only with the agents themselves, by `npm run test:agents`

vi.setConfig({ testTimeout: 180_000 });

/** How a program is asked without a person at it. */
interface Headless {
  readonly ask: (prompt: string) => readonly string[];
  /** Goes on in the session before. */
  readonly resume: (prompt: string) => readonly string[];
}

const CODEX = ["--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox"];
const AGENTS: Readonly<Record<string, Headless>> = {
  codex: {
    ask: (prompt) => ["exec", ...CODEX, prompt],
    resume: (prompt) => ["exec", "resume", "--last", ...CODEX, prompt],
  },
  claude: {
    ask: (prompt) => ["--print", "--dangerously-skip-permissions", prompt],
    resume: (prompt) => ["--print", "--continue", "--dangerously-skip-permissions", prompt],
  },
  opencode: {
    ask: (prompt) => ["run", "--auto", prompt],
    resume: (prompt) => ["run", "--auto", "--continue", prompt],
  },
  pi: {
    ask: (prompt) => ["--print", prompt],
    resume: (prompt) => ["--print", "--continue", prompt],
  },
  qwen: {
    ask: (prompt) => ["--yolo", prompt],
    resume: (prompt) => ["--yolo", "--continue", prompt],
  },
};

/** Nothing is asked of anybody but the gateway. */
const OFFLINE = {
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
  DISABLE_AUTOUPDATER: "1",
  // Claude Code asks for nothing less where it runs as root
  IS_SANDBOX: "1",
  OPENCODE_DISABLE_AUTOUPDATE: "1",
  OPENCODE_DISABLE_MODELS_FETCH: "1",
  PI_OFFLINE: "1",
  TERM: "dumb",
};

let first: StandInModel;
let second: StandInModel;
let application: Application;
let file: string;

beforeAll(async () => {
  application = createApplication(["openai"]);
  file = join(application.directory, "work/hello.txt");
  first = await startModel(file);
  second = await startModel(file);
  application.place("fallthrough.config.json", {
    settings: {
      openai: { baseURL: first.baseURL, apiKey: "none", models: [{ id: "m" }] },
      vllm: { baseURL: second.baseURL, apiKey: "none", models: [{ id: "m" }] },
    },
    aliases: { agents: ["openai/m", "vllm/m"] },
    serve: { port: 1 },
  });
  application.place("work/README.md", "nothing here");
});
beforeEach(() => {
  rmSync(file, { force: true });
  for (const model of [first, second]) {
    model.behaviour = "answer";
    model.calls.length = 0;
  }
});
afterEach(() => rmSync(join(application.directory, "home"), { recursive: true, force: true }));
afterAll(() => {
  first.close();
  second.close();
  application.remove();
});

function environment(): Record<string, string> {
  const home = join(application.directory, "home");
  return {
    ...OFFLINE,
    PATH: process.env["AGENTS_PATH"] ?? "",
    HOME: home,
    XDG_CONFIG_HOME: join(home, ".config"),
    XDG_DATA_HOME: join(home, ".local/share"),
  };
}

function start(words: readonly string[]): ReturnType<typeof startCommand> {
  const { directory } = application;
  application.place("home/.keep", "");
  const [command = "", ...rest] = words;
  const config = join(directory, "fallthrough.config.json");
  const child = startCommand([command, "--config", config, ...rest], {
    directory: join(directory, "work"),
    environment: environment(),
  });
  child.stdin.end();
  return child;
}

/** A gateway that runs for itself, and what ends it. */
async function serve(): Promise<{ readonly baseURL: string; stop(): Promise<unknown> }> {
  const gateway = start(["serve", "--port", "0", "--log", "off"]);
  const served = finishCommand(gateway);
  let printed = "";
  while (!printed.includes("\n")) printed += String((await once(gateway.stdout, "data"))[0]);
  return {
    baseURL: /^base URL: (\S+)$/m.exec(printed)?.[1] ?? "",
    stop() {
      gateway.kill("SIGTERM");
      return served;
    },
  };
}

function runAgent(name: string, words: readonly string[]): Promise<Run> {
  return finishCommand(start(["run", "--model", "agents", name, ...words]));
}

describe.each(Object.entries(AGENTS))("%s", (name, { ask, resume }) => {
  test("makes a file with a tool, and says so", async () => {
    const { code, stdout, stderr } = await runAgent(name, ask("make hello.txt"));

    expect(stdout, stderr).toContain(REPORT);
    expect(code).toBe(0);
    expect(readFileSync(file, "utf8")).toBe("hello\n");
    expect(second.calls).toHaveLength(0);
  });

  test("does not notice that the first provider refuses", async () => {
    first.behaviour = "refuse";

    const { code, stdout, stderr } = await runAgent(name, ask("make hello.txt"));

    expect(stdout, stderr).toContain(REPORT);
    expect(code).toBe(0);
    expect(readFileSync(file, "utf8")).toBe("hello\n");
    expect(first.calls.length).toBeGreaterThan(0);
  });

  test("finds the gateway by what `setup` wrote", async () => {
    const { baseURL, stop } = await serve();
    await finishCommand(start(["setup", "--write", "--url", baseURL, "--model", "agents", name]));

    const directory = join(application.directory, "work");
    const agent = spawn(name, ask("make hello.txt"), {
      cwd: directory,
      env: environment(),
      stdio: ["pipe", "pipe", "pipe"],
    });
    agent.stdin.end();
    const { code, stdout, stderr } = await finishCommand(agent);
    await stop();

    expect(stdout, stderr).toContain(REPORT);
    expect(code).toBe(0);
    expect(readFileSync(file, "utf8")).toBe("hello\n");
  });

  test("tells of an answer that breaks off, and goes on with its history", async () => {
    // the program asks again, and the chain then asks the second
    first.behaviour = "break";
    second.behaviour = "break";
    const { code, stdout, stderr } = await runAgent(name, ask("make hello.txt"));

    expect(existsSync(file)).toBe(false);
    expect(`${stdout}${stderr}`).not.toContain(REPORT);
    expect([code !== 0, /error|interrupted|failed|disconnected/i.test(stdout + stderr)]).toContain(true);

    first.behaviour = "answer";
    second.behaviour = "answer";
    first.calls.length = 0;
    second.calls.length = 0;
    const after = await runAgent(name, resume("go on"));

    expect(after.stdout, after.stderr).toContain(REPORT);
    expect(after.code).toBe(0);
    expect(readFileSync(file, "utf8")).toBe("hello\n");
    const [history = []] = [...first.calls, ...second.calls];
    expect(JSON.stringify(history)).toContain("make hello.txt");
    // what broke off is no answer that the model gave
    const halves = history.filter(
      (message) => message.role === "assistant" && textOf(message).trim() === HALF,
    );
    expect(halves).toHaveLength(0);
  });
});

test("pi knows a conversation that is too long by its own check, in each dialect that it speaks", async () => {
  first.behaviour = "overflow";
  second.behaviour = "overflow";
  const { baseURL, stop } = await serve();
  const PATH = process.env["AGENTS_PATH"] ?? "";
  const library = join(PATH.split(delimiter)[0] ?? "", "../@earendil-works/pi-ai");
  const check = join(import.meta.dirname, "pi-overflow.mjs");
  const asked = spawn("node", [check, library, new URL(baseURL).origin], {
    env: { PATH },
    stdio: ["pipe", "pipe", "pipe"],
  });
  asked.stdin.end();

  const { stdout, stderr } = await finishCommand(asked);
  await stop();

  expect(stdout, stderr).not.toBe("");
  expect(JSON.parse(stdout)).toEqual({
    "openai-completions": true,
    "openai-responses": true,
    "anthropic-messages": true,
  });
});

function textOf({ content }: { readonly content?: unknown }): string {
  return typeof content === "string" ? content : JSON.stringify(content ?? "");
}
