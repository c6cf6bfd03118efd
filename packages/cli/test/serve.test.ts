import { execFile } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { startUpstreams, type Upstreams } from "@fallthrough/testkit";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import {
  type Application,
  createApplication,
  finishCommand,
  type Run,
  runCommand,
  startCommand,
} from "./command.ts";

let upstreams: Upstreams;
let application: Application;
const children: ReturnType<typeof startCommand>[] = [];

beforeAll(async () => {
  upstreams = await startUpstreams({ pieceMs: 100 });
  const { pizzagpt, chatgptfree } = upstreams.settings;
  application = createApplication(["pizzagpt", "chatgptfree"], {
    settings: { pizzagpt, chatgptfree },
    aliases: { fast: "chatgptfree/gpt-4o-mini" },
  });
});
afterAll(async () => {
  await upstreams.close();
  application.remove();
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

/** Starts the server; gives what it printed and what comes of it. */
async function serve(words: readonly string[], environment?: Record<string, string>) {
  const child = startCommand(["serve", "--port", "0", ...words], { ...application, environment });
  children.push(child);
  const finished: Promise<Run> = finishCommand(child);
  let printed = "";
  while (!/^try: .*\n/m.test(printed)) printed += String((await once(child.stdout, "data"))[0]);
  const baseURL = /^base URL: (\S+)$/m.exec(printed)?.[1] ?? "";
  return { child, finished, printed, baseURL };
}

function ask(baseURL: string, body: object): Promise<Response> {
  return fetch(`${baseURL}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ messages: [{ role: "user", content: "What is new?" }], ...body }),
  });
}

test("the base URL, the models and a line for curl are printed, and the line works", async () => {
  const { printed } = await serve([]);
  const line = /^try: (.*)$/m.exec(printed)?.[1] ?? "";

  const { stdout } = await promisify(execFile)("sh", ["-c", line]);

  expect(printed).toMatch(/^models: auto, fast, pizzagpt\/gpt-4o-mini, chatgptfree\//m);
  expect(JSON.parse(stdout)).toMatchObject({
    choices: [{ message: { content: upstreams.answerTo("Why is the sky blue?") } }],
  });
});

test("a token is asked for and not printed, and the line for curl reads it from the environment", async () => {
  const environment = { FALLTHROUGH_TOKEN: "hunter2-token" };
  const { printed, baseURL } = await serve([], environment);
  const line = /^try: (.*)$/m.exec(printed)?.[1] ?? "";

  const refused = await ask(baseURL, {});
  const { stdout } = await promisify(execFile)("sh", ["-c", line], {
    env: { ...process.env, ...environment },
  });

  expect(refused.status).toBe(401);
  expect(printed).not.toContain("hunter2");
  expect(JSON.parse(stdout)).toMatchObject({ object: "chat.completion" });
});

test("a variable for the token that is set and blank counts as missing", async () => {
  const { baseURL } = await serve([], { FALLTHROUGH_TOKEN: "" });

  expect((await ask(baseURL, {})).status).toBe(200);
});

test("a token of the command line is not printed either, and where the line for curl looks for it is told", async () => {
  const { child, finished, printed } = await serve(["--token", "hunter2-token"]);

  child.kill("SIGTERM");

  expect(printed).not.toContain("hunter2");
  expect((await finished).stderr).toBe("the line reads the token from `FALLTHROUGH_TOKEN`\n");
});

test.runIf(process.platform !== "win32")(
  "--open opens the page that is served, and without it nothing is opened",
  async () => {
    const browser = join(application.directory, "browser");
    const log = join(application.directory, "opened");
    // renamed once it is whole, so that nobody reads a half
    application.place("browser", `#!/bin/sh\necho "$1" > "${log}.part" && mv "${log}.part" "${log}"\n`);
    chmodSync(browser, 0o755);
    const environment = { BROWSER: browser };

    await serve([], environment);
    const { printed } = await serve(["--open"], environment);
    await vi.waitFor(() => expect(existsSync(log)).toBe(true), 10_000);

    const opened = readFileSync(log, "utf8").trim();
    expect(printed).toContain(`page: ${opened}\n`);
    expect((await fetch(opened, { headers: { accept: "text/html" } })).status).toBe(200);
  },
);

test("SIGTERM in the middle of a stream takes no new call, lets the stream end and exits with 0", async () => {
  upstreams.chatgptfree.behave("slow");
  const { child, finished, baseURL } = await serve(["--log", "off"]);
  const response = await ask(baseURL, { model: "fast", stream: true });

  child.kill("SIGTERM");
  const stream = await response.text();

  expect(stream).toMatch(/data: \[DONE\]\n\n$/);
  expect(await finished).toMatchObject({ code: 0, stderr: "" });
  await expect(ask(baseURL, {})).rejects.toThrow("fetch failed");
});

test("each call is one line on stderr, as text or as JSON, without what was said", async () => {
  const text = await serve(["--max-calls", "3", "--max-body", "1"]);
  const json = await serve(["--log", "json"]);

  for (const { baseURL, child } of [text, json]) {
    await (await ask(baseURL, { model: "fast" })).text();
    child.kill("SIGTERM");
  }

  const [line, record] = [(await text.finished).stderr, (await json.finished).stderr];
  expect(line).toMatch(
    /^\S+Z POST \/v1\/chat\/completions id=\S+ model=fast answered=chatgptfree\/\S+ status=200 first=\d+ms ms=\d+ms attempts="chatgptfree answered"\n$/,
  );
  expect(JSON.parse(record)).toMatchObject({ model: "fast", provider: "chatgptfree", status: 200 });
  expect(line + record).not.toContain("What is new?");
});

test("a configuration that changes is read again, and a broken one is told and changes nothing", async () => {
  const { pizzagpt } = upstreams.settings;
  const own = createApplication(["pizzagpt"], { settings: { pizzagpt }, aliases: { first: "pizzagpt" } });
  const child = startCommand(["serve", "--port", "0", "--log", "off"], own);
  children.push(child);
  const [printed] = await once(child.stdout, "data");
  const baseURL = /^base URL: (\S+)$/m.exec(String(printed))?.[1] ?? "";
  const status = async (model: string) => (await ask(baseURL, { model })).status;
  const noted = async () => String((await once(child.stderr, "data"))[0]);

  own.place("fallthrough.config.json", { settings: { pizzagpt }, aliases: { second: "pizzagpt" } });
  expect(await noted()).toBe("the configuration was read again\n");
  expect([await status("second"), await status("first")]).toEqual([200, 404]);
  own.place("fallthrough.config.json", "{");
  expect(await noted()).toContain("the configuration stays as it was: fallthrough.config.json");
  expect(await status("second")).toBe(200);
  own.place("fallthrough.config.json", { settings: { pizzagpt }, serve: { maxCall: 1 } });
  child.kill("SIGHUP");
  expect(await noted()).toContain("option `maxCall` is unknown, expected `maxCalls`");
  own.remove();
});

test("a token of the configuration has its own models, calls a minute and name in the log, and an allowed page may come in", async () => {
  const { pizzagpt, chatgptfree } = upstreams.settings;
  const tokens = {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: so a configuration names a variable
    editor: "${EDITOR_TOKEN}",
    guest: { token: "token-of-a-guest", models: ["fast"], callsPerMinute: 1 },
  };
  const own = createApplication(["pizzagpt", "chatgptfree"], {
    settings: { pizzagpt, chatgptfree },
    aliases: { fast: "chatgptfree/gpt-4o-mini" },
    serve: { tokens },
  });
  const environment = { EDITOR_TOKEN: "token-of-an-editor" };
  const child = startCommand(["serve", "--port", "0", "--allow-origin", "app://obsidian.md"], {
    ...own,
    environment,
  });
  children.push(child);
  const finished = finishCommand(child);
  const [printed] = await once(child.stdout, "data");
  const baseURL = /^base URL: (\S+)$/m.exec(String(printed))?.[1] ?? "";
  const ask = async (token: string, model: string, origin?: string): Promise<number> => {
    const response = await fetch(`${baseURL}/chat/completions`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        authorization: `Bearer ${token}`,
        ...(origin === undefined ? {} : { origin }),
      },
      body: JSON.stringify({ model, messages: [{ role: "user", content: "What is new?" }] }),
    });
    await response.text();
    return response.status;
  };

  const statuses = [
    await ask("token-of-an-editor", "pizzagpt", "app://obsidian.md"),
    await ask("token-of-an-editor", "fast", "app://another"),
    await ask("token-of-a-guest", "pizzagpt"),
    await ask("token-of-a-guest", "fast"),
    await ask("token-of-a-guest", "fast"),
    await ask("another", "fast"),
  ];
  child.kill("SIGTERM");
  const { stderr, stdout } = await finished;
  own.remove();

  expect(statuses).toEqual([200, 403, 404, 200, 429, 401]);
  expect(stderr).toMatch(/client=editor model=pizzagpt/);
  expect(stderr).toMatch(/client=guest model=fast .*status=429/);
  expect(stderr + stdout).not.toMatch(/token-of-/);
});

test("Ctrl-C ends it too", async () => {
  const { child, finished } = await serve([]);

  child.kill("SIGINT");

  expect((await finished).code).toBe(0);
});

test("with nothing installed it serves what comes with the command, and says how to install more", async () => {
  const empty = createApplication([]);
  const child = startCommand(["serve", "--port", "0"], empty);
  const finished = finishCommand(child);
  await once(child.stdout, "data");
  child.kill("SIGTERM");

  const { code, stdout, stderr } = await finished;

  expect(stderr).toMatch(/^no application declares a provider here, .*`npm init -y && npm install/);
  expect(stdout).toContain("ollama");
  expect(code).toBe(0);
  empty.remove();
});

test("with everything denied it says so", async () => {
  const none = createApplication(["pizzagpt"], { deny: ["pizzagpt"] });

  const { code, stderr } = await runCommand(["serve"], none);

  expect(stderr).toBe(
    "no provider is left of 1 that application declares, expected fewer in `deny` or more in `allow`\n",
  );
  expect(code).toBe(2);
  none.remove();
});

test.each([
  ["another address without a token", ["--host", "0.0.0.0"], "needs a token"],
  [
    "an address of another machine",
    ["--host", "192.0.2.1", "--token", "t"],
    "is not an address of this machine",
  ],
  ["an unusable token", ["--token", "two words"], "the token is unusable"],
  ["an empty token", ["--token", ""], "the token is unusable"],
  ["a log of no known form", ["--log", "xml"], "expected one of text, json, off"],
  ["room for no call", ["--max-calls", "0"], "expected a whole number from 1"],
  ["a port that is none", ["--port", "http"], "expected a number from 0 to 65535"],
])("%s is one clear line, with what to do about it, and exit code 2", async (_, words, message) => {
  const { code, stdout, stderr } = await runCommand(["serve", ...words], application);

  // what commander finds wrong says itself what it expects
  expect(stderr).toMatch(/^[^\n]+\n(?:fix: [^\n]+\nhelp: [^\n]+\n)?$/);
  expect(stderr).toContain(message);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
});

test("a taken port is one clear line, with what to do about it, and exit code 2", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address() as AddressInfo;

  const { code, stderr } = await runCommand(["serve", "--port", `${port}`], application);

  expect(stderr.split("\n")).toEqual([
    `127.0.0.1:${port} is taken, expected a free port`,
    expect.stringMatching(/^fix: /),
    expect.stringMatching(/^help: https:/),
    "",
  ]);
  expect(code).toBe(2);
  taken.close();
});

test("what a running gateway remembers is told, and forgotten", async () => {
  const limited = createApplication(["pizzagpt"], {
    settings: { pizzagpt: { baseURL: "http://127.0.0.1:1" } },
  });
  const child = startCommand(["serve", "--port", "0"], limited);
  children.push(child);
  let printed = "";
  while (!/^try: .*\n/m.test(printed)) printed += String((await once(child.stdout, "data"))[0]);
  const baseURL = /^base URL: (\S+)$/m.exec(printed)?.[1] ?? "";
  for (let call = 0; call < 3; call++) await ask(baseURL, { model: "pizzagpt" });

  const before = await runCommand(["health", "--url", baseURL], limited);
  const after = await runCommand(["health", "--url", baseURL, "--reset", "pizzagpt", "--json"], limited);
  limited.remove();

  expect(before.stdout).toMatch(/pizzagpt\/\S+ +cooling +network +\d{4}-\S+Z +\d{4}-\S+Z +a probe/);
  expect(before.code).toBe(0);
  expect(after.stderr).toContain("the failures of pizzagpt are forgotten");
  expect(JSON.parse(after.stdout)).toMatchObject([{ object: "health", state: "well" }]);
});

test.each([
  [["--url", "http://127.0.0.1:1/v1"], /no gateway answers at .*, expected a running `fallthrough serve`/, 1],
  [["--reset", "nobody"], /no provider has this id, expected one of pizzagpt, chatgptfree/, 2],
])("health without what it needs says so: %s", async (words, message, expected) => {
  const { baseURL } = await serve([]);

  const { code, stderr } = await runCommand(["health", "--url", baseURL, ...words], application);

  expect(stderr).toMatch(message);
  expect(code).toBe(expected);
});
