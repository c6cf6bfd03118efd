// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration's own syntax
import { startUpstreams, type Upstreams } from "@fallthrough/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type Application, BROKEN_PLUGIN, createApplication, runCommand } from "./command.ts";

const IDS = ["pizzagpt", "chatgptt", "chatgptfree", "fakegpt"] as const;

let upstreams: Upstreams;
let application: Application;

beforeAll(async () => {
  upstreams = await startUpstreams();
});
afterAll(() => upstreams.close());

beforeEach(() => {
  for (const id of IDS) upstreams[id].behave("ok");
  application = createApplication(IDS, {
    settings: upstreams.settings,
    order: ["pizzagpt", "chatgptt", "chatgptfree"],
    aliases: { fast: "chatgptfree/gpt-4o-mini" },
  });
});
afterEach(() => application.remove());

function ask(words: readonly string[], input?: string): ReturnType<typeof runCommand> {
  return runCommand(["ask", ...words], { directory: application.directory, input });
}

test("the answer is on stdout and the route on stderr", async () => {
  const { code, stdout, stderr } = await ask(["What is new?", "-m", "gpt-4o-mini"]);

  expect(stdout).toBe(`${upstreams.answerTo("What is new?")}\n`);
  expect(stderr).toMatch(/^pizzagpt\/gpt-4o-mini +answered +\d+ ms$/m);
  expect(code).toBe(0);
});

test("what refuses and what hides behind a page is passed over", async () => {
  upstreams.pizzagpt.behave("abuse");
  upstreams.chatgptt.behave("challenge");

  const { code, stdout, stderr } = await ask(["What is new?", "-m", "gpt-4o-mini"]);

  expect(stdout).toBe(`${upstreams.answerTo("What is new?")}\n`);
  expect(stderr).toMatch(/^pizzagpt\/\S+ +failed +abuse/m);
  expect(stderr).toMatch(/^chatgptt\/\S+ +failed +blocked/m);
  expect(stderr).toMatch(/^chatgptfree\/\S+ +answered/m);
  expect(code).toBe(0);
});

test("what is piped in is the prompt, and JSON is one object", async () => {
  const { code, stdout } = await ask(["-m", "gpt-4o-mini", "--json"], "hi\n");

  expect(stdout.trimEnd().split("\n")).toHaveLength(1);
  expect(JSON.parse(stdout)).toMatchObject({
    text: upstreams.answerTo("hi"),
    reasoning: "",
    toolCalls: [],
    sources: [],
    warnings: [],
    finishReason: "stop",
    route: {
      provider: "pizzagpt",
      model: "gpt-4o-mini",
      attempts: [{ provider: "pizzagpt", model: "gpt-4o-mini", outcome: "answered" }],
    },
  });
  expect(code).toBe(0);
});

test("what is piped in follows the argument and the system text comes first", async () => {
  await ask(["Explain:", "-s", "Be brief.", "-m", "fakegpt"], "some code\n");

  const { body = "" } = upstreams.fakegpt.requests.at(-1) ?? {};
  expect(body).toContain(JSON.stringify("System: Be brief.\nUser: Explain:\n\nsome code\nAssistant:"));
});

test("an alias and a provider asked by name reach whom they name", async () => {
  const alias = await ask(["What is new?", "-m", "fast"]);
  const name = await ask(["What is new?", "-m", "fakegpt/gpt-3.5-turbo"]);

  expect(alias.stderr).toMatch(/^chatgptfree\/\S+ +answered/m);
  expect(name.stderr).toMatch(/^fakegpt\/text-davinci-002-render-sha +answered/m);
});

test("without streaming the same answer is printed", async () => {
  const { stdout } = await ask(["What is new?", "--no-stream", "-m", "chatgptfree"]);

  expect(stdout).toBe(`${upstreams.answerTo("What is new?")}\n`);
});

test("a pipe gets no escape code", async () => {
  upstreams.pizzagpt.behave("abuse");
  const { directory } = application;

  const { stdout, stderr } = await runCommand(["ask", "hi"], {
    directory,
    environment: { FORCE_COLOR: "1" },
  });

  expect(stdout + stderr).not.toContain("\u001b");
});

test("settings with a typing error are told of providers that the call does not reach, too", async () => {
  const { pizzagpt } = upstreams.settings;
  const settings = { pizzagpt, chatgptt: { baseUrl: "http://127.0.0.1:1" }, groq: { apikey: "gsk-1" } };
  const typed = createApplication(["pizzagpt", "chatgptt", "openai"], { settings, order: ["pizzagpt"] });

  const { code, stderr } = await runCommand(["ask", "hi"], { ...typed, environment: { GROQ_API_KEY: "" } });
  typed.remove();

  expect(stderr).toContain("[chatgptt] setting `baseUrl` is unknown, expected `baseURL`");
  expect(stderr).toContain("[groq] setting `apikey` is unknown, expected `apiKey`");
  expect(stderr).not.toContain("gsk-1");
  expect(code).toBe(0);
});

test("when nobody answers the error has a line for each attempt", async () => {
  for (const id of IDS) upstreams[id].behave("server-error");

  const { code, stdout, stderr } = await ask(["What is new?", "-m", "gpt-4o-mini"]);

  expect(stdout).toBe("");
  expect(stderr).toContain("no provider answered");
  for (const id of ["pizzagpt", "chatgptt", "chatgptfree"])
    expect(stderr).toMatch(new RegExp(`^  ${id}/.*server`, "m"));
  expect(code).toBe(1);
});

test("when nobody answers JSON tells the error and the route", async () => {
  upstreams.pizzagpt.behave("abuse");
  upstreams.chatgptfree.behave("empty");
  upstreams.chatgptt.behave("rate-limit");

  const { code, stdout } = await ask(["What is new?", "-m", "gpt-4o-mini", "--json"]);

  const { error, route } = JSON.parse(stdout);
  expect(error).toMatchObject({
    code: "exhausted",
    message: expect.stringContaining("no provider answered"),
  });
  expect(Date.parse(error.retryAt)).toBeGreaterThan(Date.now());
  expect(route.attempts.map(({ code }: { code: string }) => code)).toEqual(["abuse", "rate-limit", "empty"]);
  expect(code).toBe(1);
});

test.each([["--stream"], ["--no-stream"]])(
  "half an answer stands on stdout and the error on stderr, with %s",
  async (mode) => {
    upstreams.chatgptfree.behave("cut");

    const { code, stdout, stderr } = await ask([
      "What is new?",
      "-m",
      "chatgptfree",
      ...(mode === "--stream" ? [] : [mode]),
    ]);

    expect(stdout.trim()).not.toBe("");
    expect(upstreams.answerTo("What is new?")).toContain(stdout.trim());
    expect(stderr).toMatch(/^chatgptfree\/\S+ +failed +interrupted/m);
    expect(code).toBe(1);
  },
);

test("half an answer in JSON is called partial", async () => {
  upstreams.chatgptfree.behave("cut");

  const { code, stdout } = await ask(["What is new?", "-m", "chatgptfree", "--json"]);

  const report = JSON.parse(stdout);
  expect(report).not.toHaveProperty("text");
  expect(report).toMatchObject({
    error: { code: "interrupted" },
    partial: { text: expect.stringMatching(/\S/) },
  });
  expect(code).toBe(1);
});

test("the time limit ends a call that stays silent", async () => {
  upstreams.pizzagpt.behave("silent");

  const { code, stdout } = await ask(["What is new?", "-m", "pizzagpt", "--timeout", "0.2", "--json"]);

  expect(JSON.parse(stdout).error.code).toBe("deadline");
  expect(code).toBe(1);
});

test("a proxy is for every provider", async () => {
  const before = upstreams.pizzagpt.requests.length;

  const { code, stderr } = await ask([
    "hi",
    "-m",
    "gpt-4o-mini",
    "--proxy",
    "http://user:hunter2@127.0.0.1:9",
  ]);

  for (const id of ["pizzagpt", "chatgptt", "chatgptfree"])
    expect(stderr).toMatch(new RegExp(`^${id}/\\S+ +failed +network`, "m"));
  expect(upstreams.pizzagpt.requests).toHaveLength(before);
  expect(stderr).not.toContain("hunter2");
  expect(code).toBe(1);
});

test("a proxy may be one that finds hosts itself", async () => {
  const { code, stderr } = await ask(["hi", "-m", "pizzagpt", "--proxy", "socks5h://127.0.0.1:1"]);

  expect(stderr).toMatch(/^pizzagpt\S* +failed +network/m);
  expect(code).toBe(1);
});

test("an unknown model is a usage error that lists what exists and the nearest match", async () => {
  const { code, stdout, stderr } = await ask(["hi", "-m", "gpt-4o-mni"]);

  expect(stdout).toBe("");
  expect(stderr).toContain('unknown model "gpt-4o-mni"');
  expect(stderr).toMatch(/mean.*gpt-4o-mini/);
  for (const name of [
    "fast",
    "pizzagpt/gpt-4o-mini",
    "chatgptfree/perplexity",
    "fakegpt/text-davinci-002-render-sha",
  ]) {
    expect(stderr).toContain(name);
  }
  expect(code).toBe(2);
});

test.each([
  ["no prompt", ["-m", "fast"], "no prompt was given"],
  ["an unknown option", ["hi", "--modle", "fast"], "unknown option '--modle'"],
  ["a timeout that is no number", ["hi", "--timeout", "soon"], "expected a number of seconds"],
  ["a proxy that is no URL", ["hi", "--proxy", "localhost:1"], "expected an http, https or socks5 URL"],
  ["a second argument", ["hi", "there"], "too many arguments"],
  ["a configuration that does not exist", ["hi", "--config", "none.json"], "`none.json` does not exist"],
])("%s is a usage error", async (_, words, message) => {
  const { code, stdout, stderr } = await ask(words);

  expect(stderr).toContain(message);
  expect(stdout).toBe("");
  expect(code).toBe(2);
});

test("a configuration that names a missing variable is a usage error, in JSON too", async () => {
  application.place("fallthrough.config.json", {
    settings: { pizzagpt: { proxy: "hunter2", baseURL: "${NOT_SET}" } },
  });

  const { code, stdout, stderr } = await ask(["hi", "--json"]);

  expect(JSON.parse(stdout)).toMatchObject({
    error: { code: "config", message: expect.stringContaining("`NOT_SET`") },
  });
  expect(stdout + stderr).not.toContain("hunter2");
  expect(code).toBe(2);
});

test("a plugin that throws when imported stands in the route, and the others answer", async () => {
  application.install("fallthrough-provider-broken", BROKEN_PLUGIN);
  application.place("fallthrough.config.json", {
    settings: upstreams.settings,
    order: ["broken", "pizzagpt"],
  });

  const { code, stdout, stderr } = await ask(["What is new?", "-m", "gpt-4o-mini"]);

  expect(stderr).toMatch(/^broken\/gpt-4o-mini +failed +contract/m);
  expect(stdout).toBe(`${upstreams.answerTo("What is new?")}\n`);
  expect(code).toBe(0);
});

test("an application without providers is told what to install", async () => {
  const empty = createApplication([]);

  const { code, stderr } = await runCommand(["ask", "hi"], { directory: empty.directory });

  expect(stderr).toContain("npm init -y && npm install @fallthrough/provider-...");
  expect(code).toBe(2);
  empty.remove();
});
