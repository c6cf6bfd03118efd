import { once } from "node:events";
import { startUpstreams, type Upstreams } from "@fallthrough/testkit";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type Application, createApplication, finishCommand, runCommand, startCommand } from "./command.ts";

let upstreams: Upstreams;
let application: Application;

beforeAll(async () => {
  upstreams = await startUpstreams({ pieceMs: 200 });
  const { pizzagpt, chatgptfree } = upstreams.settings;
  application = createApplication(["pizzagpt", "chatgptfree"], { settings: { pizzagpt, chatgptfree } });
});
afterAll(async () => {
  await upstreams.close();
  application.remove();
});

test("Ctrl-C in the middle of an answer closes the upstream connection and exits with 130", async () => {
  upstreams.chatgptfree.behave("slow");
  const child = startCommand(["ask", "What is new?", "-m", "chatgptfree"], application);
  const finished = finishCommand(child);
  child.stdin.end();
  await once(child.stdout, "data");

  child.kill("SIGINT");

  const { code, stdout, stderr } = await finished;
  expect(upstreams.answerTo("What is new?")).toContain(stdout.trim());
  expect(stderr).toBe("");
  expect(code).toBe(130);
  await vi.waitFor(() => expect(upstreams.chatgptfree.openSockets()).toBe(0));
  expect(upstreams.chatgptfree.requests.at(-1)?.aborted).toBe(true);
});

test("a request to end exits with 143", async () => {
  upstreams.chatgptfree.behave("slow");
  const child = startCommand(["ask", "What is new?", "-m", "chatgptfree", "--no-stdin"], application);
  const finished = finishCommand(child);
  await once(child.stdout, "data");

  child.kill("SIGTERM");

  expect(await finished).toMatchObject({ code: 143, stderr: "" });
});

test("an argument is asked although the program that started the command leaves stdin open", async () => {
  const child = startCommand(["ask", "What is new?", "-m", "chatgptfree"], application);

  const { code, stdout } = await finishCommand(child);

  expect({ code, stdout }).toEqual({ code: 0, stdout: `${upstreams.answerTo("What is new?")}\n` });
});

test("Ctrl-C before the answer leaves no half JSON", async () => {
  upstreams.pizzagpt.behave("silent");
  const before = upstreams.pizzagpt.requests.length;
  const child = startCommand(["ask", "What is new?", "-m", "pizzagpt", "--json"], application);
  const finished = finishCommand(child);
  child.stdin.end();
  await vi.waitFor(() => expect(upstreams.pizzagpt.requests.length).toBeGreaterThan(before), {
    timeout: 5_000,
  });

  child.kill("SIGINT");

  expect(await finished).toEqual({ code: 130, stdout: "", stderr: "" });
});

test("Ctrl-C while the prompt is read exits with 130", async () => {
  const child = startCommand(["ask"], application);
  const finished = finishCommand(child);
  // more than a pipe holds is written only once the program reads, and then its handler stands
  await new Promise((resolve) => child.stdin.write("x".repeat(4 * 1024 * 1024), resolve));

  child.kill("SIGINT");

  expect((await finished).code).toBe(130);
});

test("a reader that has seen enough ends the command quietly", async () => {
  upstreams.chatgptfree.behave("slow");
  const child = startCommand(["ask", "What is new?", "-m", "chatgptfree"], application);
  const finished = finishCommand(child);
  child.stdin.end();
  await once(child.stdout, "data");

  child.stdout.destroy();

  expect(await finished).toMatchObject({ code: 0, stderr: "" });
});

test("help and version go to stdout with exit code 0, and a wrong command to stderr with 2", async () => {
  const help = await runCommand(["--help"], application);
  const version = await runCommand(["--version"], application);
  const wrong = await runCommand(["aks"], application);

  expect(help).toMatchObject({ code: 0, stderr: "", stdout: expect.stringContaining("doctor") });
  expect(version).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  expect(wrong).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("ask") });
});
