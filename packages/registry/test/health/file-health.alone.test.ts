import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createFileHealth, type FileHealth } from "../../src/health/file-health.ts";
import type { HealthFailure, HealthSubject, Permit } from "../../src/health/health.ts";

const SUBJECT: HealthSubject = { provider: "one", model: "small", origin: "http://127.0.0.1:1", key: "mark" };
const FAILURE: HealthFailure = {
  code: "rate-limit",
  scope: "model",
  effect: "cool",
  hard: false,
  cooldownMs: 60_000,
  factor: 1,
  longestMs: 60_000,
};

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fallthrough-state-"));
  path = join(folder, "deep", "health.json");
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true, force: true });
});

async function admit(health: FileHealth, subject = SUBJECT): Promise<Permit> {
  const answer = await health.admit(subject);
  if (!answer.admitted) throw new Error(`nobody may ask, it is ${answer.state}`);
  return answer;
}

async function fail(health: FileHealth, facts: Partial<HealthFailure> = {}): Promise<void> {
  await health.fail(await admit(health), { ...FAILURE, ...facts });
  await health.flush();
}

/** What another process would know. */
async function stateOf(subject = SUBJECT): Promise<string> {
  return (await createFileHealth({ path }).peek(subject)).state;
}

test("what one store was told, the next one knows, and a running one as well", async () => {
  const running = createFileHealth({ path });
  await running.peek(SUBJECT);

  await fail(createFileHealth({ path }));

  const later = await createFileHealth({ path }).peek(SUBJECT);
  expect(later).toMatchObject({ state: "cooling", code: "rate-limit", effect: "cool" });
  expect(later.remainingMs).toBeGreaterThan(40_000);
  expect((await running.admit(SUBJECT)).admitted).toBe(false);
});

test("failures of several stores are counted together, and a success starts over for all", async () => {
  for (let count = 0; count < 2; count++) await fail(createFileHealth({ path }), { effect: "count" });
  const well = createFileHealth({ path });
  await well.succeed(await admit(well));
  await well.flush();
  for (let count = 0; count < 2; count++) await fail(createFileHealth({ path }), { effect: "count" });
  expect(await stateOf()).toBe("well");

  await fail(createFileHealth({ path }), { effect: "count" });

  expect(await stateOf()).toBe("cooling");
});

test("of all stores one probes, and its first content ends the cooldown for all", async () => {
  await fail(createFileHealth({ path }), { cooldownMs: 1, longestMs: 1 });
  // each store rounds the end of the cooldown by its own clock
  await new Promise((resolve) => setTimeout(resolve, 5));
  const stores = Array.from({ length: 8 }, () => createFileHealth({ path }));

  const answers = await Promise.all(stores.map((store) => store.admit(SUBJECT)));

  const probes = answers.flatMap((answer, place) => (answer.admitted ? [{ answer, place }] : []));
  expect(probes).toHaveLength(1);
  expect(probes[0]?.answer.probe).toBeDefined();
  const [probe] = probes;
  await stores[probe?.place ?? 0]?.commit(probe?.answer as Permit);
  await stores[probe?.place ?? 0]?.flush();
  const waits = answers.flatMap((answer) => (answer.admitted ? [] : (answer.settled ?? [])));
  expect(waits).toHaveLength(7);
  await Promise.all(waits);
  expect(await stateOf()).toBe("well");
});

test("a silence of one call makes the candidate suspect, so that the next call asks another first", async () => {
  await fail(createFileHealth({ path }), { code: "timeout", effect: "count" });

  expect(await stateOf()).toBe("suspect");
});

test("what is left of limits is kept, told and declared ones", async () => {
  const first = createFileHealth({ path });
  const limits = { requests: { day: 2 } };
  const permit = (await first.admit(SUBJECT, { limits })) as Permit;
  await first.note(permit, [
    { name: "tokens", unit: "tokens", window: "minute", limit: 100, remaining: 7, resetMs: 60_000 },
  ]);
  await first.succeed(permit, { inputTokens: 3, outputTokens: 4, totalTokens: 7 });
  await first.flush();

  const second = createFileHealth({ path });
  const { limits: known } = await second.peek(SUBJECT);

  expect(known).toMatchObject([
    { unit: "requests", window: "day", limit: 2, left: 1, source: "declared by the preset" },
    { unit: "tokens", limit: 100, left: 7, source: "told by the server" },
  ]);
  await second.admit(SUBJECT, { limits });
  await second.flush();
  expect(await createFileHealth({ path }).admit(SUBJECT, { limits })).toMatchObject({
    admitted: false,
    state: "refused",
    code: "rate-limit",
  });
});

test("a reset is one for all", async () => {
  const running = createFileHealth({ path });
  await fail(running);

  await createFileHealth({ path }).reset();

  expect((await running.admit(SUBJECT)).admitted).toBe(true);
});

test("the file is for its owner alone, and holds no word of anybody", async () => {
  await fail(createFileHealth({ path }));

  const text = readFileSync(path, "utf8");
  expect(statSync(path).mode & 0o777).toBe(process.platform === "win32" ? 0o666 : 0o600);
  expect(Object.keys(JSON.parse(text))).toEqual(["version", "written", "entries"]);
  expect(text).not.toMatch(/message|prompt|authorization/i);
});

test.each([
  ["empty", ""],
  ["half-written", '{"version":1,"written":17,"entries":{"model:one'],
  ["a list", "[1,2]"],
  ["of another version", '{"version":99,"entries":{"model:one":{"open":{}}}}'],
  [
    "with entries that are none",
    '{"version":1,"entries":{"model:one":7,"key:one":null,"a":{"open":"x","insisted":3}}}',
  ],
  [
    "with hostile names",
    '{"version":1,"entries":{"__proto__":{"failures":1e999},"constructor":{"level":"9"}}}',
  ],
  ["binary", "\u0000\u0001\ufffd".repeat(1_000)],
])("a file that is %s is no error, and is put right by the next failure", async (_, text) => {
  mkdirSync(join(folder, "deep"));
  writeFileSync(path, text);
  const health = createFileHealth({ path });

  expect((await health.peek(SUBJECT)).state).toBe("well");
  await fail(health);

  expect(await stateOf()).toBe("cooling");
});

test("times that make no sense keep nobody out for ever", async () => {
  await fail(createFileHealth({ path }));
  const far = readFileSync(path, "utf8").replace(/"until":\d+(?:\.\d+)?/g, '"until":9e15');
  writeFileSync(path, far);

  const { remainingMs } = await createFileHealth({ path }).peek(SUBJECT);

  expect(remainingMs).toBeLessThanOrEqual(25 * 60 * 60 * 1_000);
});

test("a clock that is set back makes no cooldown longer", async () => {
  await fail(createFileHealth({ path }));
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() - 3_600_000 });

  const { remainingMs } = await createFileHealth({ path }).peek(SUBJECT);

  expect(remainingMs).toBeGreaterThan(0);
  expect(remainingMs).toBeLessThanOrEqual(72_000);
});

test.each([
  ["a folder", () => mkdirSync(path, { recursive: true })],
  ["below a file", () => writeFileSync(join(folder, "deep"), "")],
  [
    "in a folder that nobody may write",
    () => {
      mkdirSync(join(folder, "deep"));
      chmodSync(join(folder, "deep"), 0o500);
    },
  ],
])("a path that is %s fails no call, and the process remembers by itself", async (_, prepare) => {
  prepare();
  const health = createFileHealth({ path });

  await fail(health);

  expect((await health.admit(SUBJECT)).admitted).toBe(false);
});

test("a lock that others hold delays nobody for long, and what was told is written once it is free", async () => {
  mkdirSync(join(folder, "deep"));
  writeFileSync(`${path}.lock`, "another process");
  const health = createFileHealth({ path });
  const start = performance.now();

  await health.fail(await admit(health), FAILURE);
  const again = await health.admit(SUBJECT, { insist: "cooling" });

  expect(performance.now() - start).toBeLessThan(2_000);
  expect(again).toMatchObject({ admitted: true, probe: expect.any(String) });
  expect(await stateOf()).toBe("well");
  rmSync(`${path}.lock`);
  await health.flush();
  expect(await stateOf()).toBe("probing");
});

test("a lock that a dead process left behind is broken", async () => {
  mkdirSync(join(folder, "deep"));
  writeFileSync(`${path}.lock`, "a dead process");
  const longAgo = new Date(Date.now() - 60_000);
  utimesSync(`${path}.lock`, longAgo, longAgo);

  await fail(createFileHealth({ path }));

  expect(await stateOf()).toBe("cooling");
});

test("ten processes that write at once lose no cooldown, and count together", async () => {
  const names = Array.from({ length: 10 }, (_, place) => `model-${place}`);
  const program = fileURLToPath(new URL("file-health-child.mjs", import.meta.url));
  const children: ChildProcess[] = names.map((name) => fork(program, [path, name]));
  await Promise.all(children.map((child) => once(child, "message")));

  for (const child of children) child.send("go");
  const codes = await Promise.all(children.map(async (child) => (await once(child, "exit"))[0]));

  expect(codes).toEqual(names.map(() => 0));
  const states = await Promise.all([...names, "shared"].map((model) => stateOf({ provider: "one", model })));
  expect(states).toEqual([...names, "shared"].map(() => "cooling"));
}, 30_000);

test.each([
  [undefined, /the options of createFileHealth\(\)/],
  [{}, /`path`/],
  [{ path: "" }, /`path`/],
  [{ path: 7 }, /`path`/],
  [{ path: "a", mode: 7 }, /`mode`/],
])("options that are wrong are refused by name: %j", (options, message) => {
  expect(() => createFileHealth(options as never)).toThrow(message);
});
