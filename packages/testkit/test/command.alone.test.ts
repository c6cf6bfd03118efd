import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { formatReport } from "../src/command/format-report.ts";
import { loadCases } from "../src/command/load-cases.ts";
import { readOrder } from "../src/command/read-order.ts";
import { runCases } from "../src/command/run-cases.ts";
import { httpResponse } from "../src/index.ts";
import { EVENTS } from "./flawed/reference.ts";

let folder: string;
let reply: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "conformance-command-"));
  reply = join(folder, "reply.raw");
  const headers = { "content-type": "text/event-stream" };
  writeFileSync(reply, httpResponse({ headers, body: EVENTS.map((data) => `data: ${data}\n\n`) }));
});
afterAll(() => rmSync(folder, { recursive: true }));

test("a factory and a recorded answer are a suite, and its report begins with the verdict", async () => {
  const report = await reportOf(
    "parrot",
    "--exchange",
    reply,
    "--reply",
    "Grüße an alle 👋",
    "--declare",
    "images=blind",
  );

  expect(report).toMatch(/^parrot passes: (\d+) of \1 cases passed/);
  expect(report).toContain("declared missing: blind");
});

test("a module that exports its suite needs no flags", async () => {
  expect(await reportOf("suite")).toMatch(/^suite passes: /);
});

test("the first failure stands alone at the top, with its reason", async () => {
  const flags = ["--exchange", reply, "--reply", "Grüße an alle 👋", "--declare", "images=blind"];

  const [report, all] = await reportsOf("flawed", ...flags);
  const lines = report.split("\n");

  expect(lines[0]).toBe("flawed fails: a failure of the server is no success");
  expect(lines[1]).toContain("the call succeeded");
  expect(lines[3]).toMatch(/^Mend this first: \d+ more fail behind it/);
  expect(all.split("\n").length).toBeGreaterThan(lines.length);
});

test("a case that throws where nobody can catch it has failed", async () => {
  const title = "a case";
  const run = (): Promise<void> => new Promise(() => throwLater("too late"));

  expect(await runCases([{ title, skipped: undefined, run }])).toEqual([
    { title, skipped: undefined, problem: "too late" },
  ]);
});

test.each([
  ["a module that is not there", ["missing"], "cannot be imported"],
  ["a factory without an answer", ["parrot"], "no answer of the server was given"],
])("%s is told", async (_, args, problem) => {
  await expect(reportOf(...(args as [string]))).rejects.toThrow(problem);
});

test.each([
  ["no module", [], "0 modules"],
  ["two modules", ["a.js", "b.js"], "2 modules"],
  ["an unknown flag", ["a.js", "--fast"], "--fast"],
])("%s is refused", (_, args, problem) => {
  expect(() => readOrder(args)).toThrow(problem);
});

/** Runs a suite, and reports the first failure and all of them. */
async function reportsOf(name: string, ...flags: readonly string[]): Promise<[short: string, all: string]> {
  const module = fileURLToPath(new URL(`command/${name}.ts`, import.meta.url));
  const { cases, table } = await loadCases(readOrder([module, ...flags]));
  const outcomes = await runCases(cases);
  const report = (listsAll: boolean): string => formatReport({ name, outcomes, table, listsAll });
  return [report(false), report(true)];
}

async function reportOf(name: string, ...flags: readonly string[]): Promise<string> {
  const [report] = await reportsOf(name, ...flags);
  return report;
}

function throwLater(message: string): void {
  setImmediate(() => {
    throw new Error(message);
  });
}
