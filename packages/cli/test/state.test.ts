import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { startUpstreams, type Upstreams } from "@fallthrough/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { findStateFile } from "../src/state.ts";
import { type Application, createApplication, type Run, runCommand } from "./command.ts";

const IDS = ["pizzagpt", "chatgptfree"] as const;

/** The route of a call that asked the one that is silent. */
const ASKED = /^pizzagpt\/\S+ +failed +timeout/m;

let upstreams: Upstreams;
let silent: Server;
let application: Application;

beforeAll(async () => {
  upstreams = await startUpstreams();
  silent = createServer(() => {});
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
});
afterAll(async () => {
  silent.closeAllConnections();
  silent.close();
  await upstreams.close();
});

beforeEach(() => {
  const { port } = silent.address() as AddressInfo;
  application = createApplication(IDS, {
    settings: {
      chatgptfree: upstreams.settings.chatgptfree,
      pizzagpt: {
        ...upstreams.settings.pizzagpt,
        baseURL: `http://127.0.0.1:${port}`,
        timeouts: { firstChunkMs: 700 },
      },
    },
    order: ["pizzagpt", "chatgptfree"],
    serve: { port: 1 },
  });
});
afterEach(() => application.remove());

function run(words: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Run> {
  const own = { FALLTHROUGH_NO_STATE: "", XDG_STATE_HOME: join(application.directory, "state") };
  return runCommand(words, { directory: application.directory, environment: { ...own, ...environment } });
}

function stateFile(): string {
  return join(application.directory, "state", "fallthrough", "health.json");
}

test("a second `ask` knows that the first candidate was silent, and asks another", async () => {
  const first = await run(["ask", "What is new?"]);
  const second = await run(["ask", "Tell me a secret"]);

  expect(first.stderr).toMatch(ASKED);
  expect(second.stderr).not.toMatch(ASKED);
  expect(second.code).toBe(0);
  expect(second.stdout).toBe(`${upstreams.answerTo("Tell me a secret")}\n`);
  expect(second.stderr).toMatch(/^chatgptfree\/\S+ +answered/m);
  const text = readFileSync(stateFile(), "utf8");
  expect(text).not.toMatch(/What is new|secret|answered/);
  if (process.platform !== "win32") expect(statSync(stateFile()).mode & 0o777).toBe(0o600);
});

test.each([
  ["--no-state", ["--no-state"], {}],
  ["FALLTHROUGH_NO_STATE", [], { FALLTHROUGH_NO_STATE: "1" }],
])("nothing is remembered with %s", async (_, words, environment) => {
  await run(["ask", "What is new?", ...words], environment);
  const { stderr } = await run(["ask", "What is new?", ...words], environment);

  expect(stderr).toMatch(ASKED);
  expect(existsSync(stateFile())).toBe(false);
});

test("`health` tells what the calls before remembered, and `--reset` has them forget it", async () => {
  await run(["ask", "What is new?"]);

  const before = await run(["health"]);
  const reset = await run(["health", "--reset", "pizzagpt", "--json"]);
  const unknown = await run(["health", "--reset", "nobody"]);
  const again = await run(["ask", "What is new?"]);

  expect(before.stdout).toMatch(/^pizzagpt\/\S+ +(?:suspect|probing) +timeout/m);
  expect(JSON.parse(reset.stdout)).toContainEqual(expect.objectContaining({ state: "well" }));
  expect(reset.stdout).not.toContain("suspect");
  expect(unknown).toMatchObject({ code: 2, stderr: expect.stringMatching(/expected one of pizzagpt/) });
  expect(again.stderr).toMatch(ASKED);
}, 120_000);

test("without a state and without a gateway `health` says what it needs", async () => {
  const { code, stderr } = await run(["health", "--no-state"]);

  expect(stderr).toContain("expected a running `fallthrough serve`");
  expect(code).toBe(1);
});

test.each([
  ["broken", "}{"],
  ["half-written", '{"version":1,"entries":{"mod'],
])("a state that is %s is no error", async (_, text) => {
  mkdirSync(dirname(stateFile()), { recursive: true });
  writeFileSync(stateFile(), text);

  const { code, stderr } = await run(["ask", "What is new?"]);

  expect(stderr).not.toMatch(/state|json/i);
  expect(code).toBe(0);
});

test("a state whose lock is held by others delays the command by a moment at most", async () => {
  mkdirSync(dirname(stateFile()), { recursive: true });
  writeFileSync(`${stateFile()}.lock`, "another process");
  const start = performance.now();

  const { code } = await run(["ask", "What is new?"]);

  expect(code).toBe(0);
  expect(performance.now() - start).toBeLessThan(10_000);
});

const HOME = { HOME: "/people/me" };

test.each<[string, NodeJS.Platform, Readonly<Record<string, string>>, string | undefined]>([
  ["the rules of XDG", "linux", { ...HOME, XDG_STATE_HOME: "/state" }, "/state/fallthrough/health.json"],
  ["their default", "linux", HOME, "/people/me/.local/state/fallthrough/health.json"],
  [
    "no relative folder",
    "linux",
    { ...HOME, XDG_STATE_HOME: "state" },
    "/people/me/.local/state/fallthrough/health.json",
  ],
  ["the place of macOS", "darwin", HOME, "/people/me/Library/Application Support/fallthrough/health.json"],
  ["the place of Windows", "win32", { LOCALAPPDATA: "/local" }, "/local/fallthrough/health.json"],
  ["the place of Windows below home", "win32", HOME, "/people/me/AppData/Local/fallthrough/health.json"],
  ["nothing where it is turned off", "linux", { ...HOME, FALLTHROUGH_NO_STATE: "yes" }, undefined],
  [
    "no blank variable",
    "linux",
    { ...HOME, FALLTHROUGH_NO_STATE: " " },
    "/people/me/.local/state/fallthrough/health.json",
  ],
  ["the home of the system", "linux", {}, join(homedir(), ".local/state/fallthrough/health.json")],
])("the state is where %s say, on %s", (_, platform, environment, expected) => {
  expect(findStateFile(environment, platform)).toBe(expected);
});
