import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startUpstreams, type Upstreams } from "@fallthrough/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type Application,
  COMMAND,
  createApplication,
  finishCommand,
  runCommand,
  startCommand,
} from "./command.ts";

let upstreams: Upstreams;
let application: Application;

beforeAll(async () => {
  upstreams = await startUpstreams();
  const { pizzagpt } = upstreams.settings;
  application = createApplication(["pizzagpt"], { settings: { pizzagpt } });
});
afterAll(async () => {
  await upstreams.close();
  application.remove();
});

test.skipIf(!existsSync("/dev/full"))("a full disk ends with 1 and a sentence", async () => {
  const { status, stderr } = spawnSync(process.execPath, [COMMAND, "models"], {
    cwd: application.directory,
    stdio: ["ignore", openSync("/dev/full", "w"), "pipe"],
    encoding: "utf8",
  });

  expect(stderr).toContain("the answer could not be written to stdout: no space is left on the disk");
  expect(status).toBe(1);
});

test("a reader that has seen enough ends it with 0", async () => {
  const child = startCommand(["ask", "hi", "--no-stdin"], application);
  child.stdout.destroy();

  expect((await finishCommand(child)).code).toBe(0);
});

test.each([
  ["an unknown option", ["ask", "hi", "--modle", "x", "--json"], "unknown option '--modle'"],
  ["an unknown command", ["aks", "--json"], "unknown command 'aks'"],
  ["a missing argument", ["explain", "--json"], "missing required argument 'name'"],
  ["a value that cannot be", ["ask", "hi", "--timeout", "soon", "--json"], "expected a number of seconds"],
])("%s under --json is told as an object", async (_, words, message) => {
  const { code, stdout } = await runCommand(words, application);

  expect(JSON.parse(stdout)).toMatchObject({
    error: { code: "config", message: expect.stringContaining(message), fix: expect.any(String) },
    route: { attempts: [] },
  });
  expect(code).toBe(2);
});

test("a prompt that begins with a dash gets the hint at `--`, and is asked with it", async () => {
  const { code, stderr } = await runCommand(["ask", "- one item"], application);

  expect(stderr).toContain("fallthrough ask -- '- one item'");
  expect(code).toBe(2);
  expect((await runCommand(["ask", "--", "- one item"], application)).stdout).toContain("- one item");
});

test.each([
  ["UTF-8", Buffer.from("Grüße")],
  ["UTF-16 of PowerShell", Buffer.from("\uFEFFGrüße", "utf16le")],
])("`ask -` reads stdin in %s", async (_, bytes) => {
  const child = startCommand(["ask", "-"], application);
  child.stdin.end(bytes);

  expect(await finishCommand(child)).toMatchObject({ code: 0, stdout: `${upstreams.answerTo("Grüße")}\n` });
});

test("bytes that are no text are told, and five megabytes of it are asked", async () => {
  const child = startCommand(["ask", "-"], application);
  child.stdin.on("error", () => {});
  child.stdin.end(Buffer.concat([Buffer.from([0xff]), Buffer.alloc(5_000_000, "a")]));

  const { code, stderr } = await finishCommand(child);

  expect(stderr).toContain("stdin is not UTF-8: 1 characters");
  expect(upstreams.pizzagpt.requests.at(-1)?.body.length).toBeGreaterThan(5_000_000);
  expect(code).toBe(0);
});

test.skipIf(process.platform === "win32")("a deleted working directory gets a sentence", async () => {
  const gone = mkdtempSync(join(tmpdir(), "gone-"));
  const script = `cd '${gone}' && rmdir '${gone}' && exec '${process.execPath}' '${COMMAND}' models`;

  const { status, stderr } = spawnSync("sh", ["-c", script], { encoding: "utf8" });
  rmSync(gone, { recursive: true, force: true });

  expect(stderr).toMatch(/^the working directory does not exist any more[^\n]+\n$/);
  expect(status).toBe(2);
});

test.skipIf(process.platform === "win32")("a deleted working directory is an object under --json", () => {
  const gone = mkdtempSync(join(tmpdir(), "gone-"));
  const script = `cd '${gone}' && rmdir '${gone}' && exec '${process.execPath}' '${COMMAND}' models --json`;

  const { stdout } = spawnSync("sh", ["-c", script], { encoding: "utf8" });
  rmSync(gone, { recursive: true, force: true });

  expect(JSON.parse(stdout)).toMatchObject({ error: { code: "config" }, route: { attempts: [] } });
});
