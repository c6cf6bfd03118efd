import { once } from "node:events";
import { startUpstreams, type Upstreams } from "@fallthrough/testkit";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { type Application, createApplication, finishCommand, runCommand, startCommand } from "./command.ts";

let upstreams: Upstreams;
let application: Application;

beforeAll(async () => {
  upstreams = await startUpstreams({ pieceMs: 200 });
  const { chatgptt: _, ...settings } = upstreams.settings;
  application = createApplication(["pizzagpt", "chatgptfree", "fakegpt"], { settings });
});
beforeEach(() => {
  for (const id of ["pizzagpt", "chatgptfree", "fakegpt"] as const) upstreams[id].behave("ok");
});
afterAll(async () => {
  await upstreams.close();
  application.remove();
});

function chat(input: string, ...words: readonly string[]): ReturnType<typeof runCommand> {
  return runCommand(["chat", ...words], { directory: application.directory, input });
}

test("each question is asked with what was said before", async () => {
  const { code, stdout, stderr } = await chat("What is new?\nAnd old?\n", "-m", "fakegpt", "-s", "Be brief.");

  const first = upstreams.answerTo("What is new?");
  expect(stdout).toBe(`${first}\n${upstreams.answerTo("And old?")}\n`);
  expect(upstreams.fakegpt.requests.at(-1)?.body).toContain(
    JSON.stringify(`System: Be brief.\nUser: What is new?\nAssistant: ${first}\nUser: And old?\nAssistant:`),
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});

test("the model can be asked for and chosen, and a wrong name changes nothing", async () => {
  const { stderr } = await chat(
    "/model\n/model chatgptfree/gpt-4o-mini\n/model none\nWhat is new?\n/route\n",
  );

  expect(stderr).toMatch(/^auto: pizzagpt\/gpt-4o-mini, chatgptfree/m);
  expect(stderr).toMatch(/^chatgptfree\/gpt-4o-mini: chatgptfree\//m);
  expect(stderr).toContain('unknown model "none"');
  expect(stderr).toMatch(/^chatgptfree\/\S+ +answered/m);
  expect(stderr).not.toMatch(/^pizzagpt\/\S+ +answered/m);
});

test("a retry that fails leaves the answer before it in the conversation", async () => {
  const child = startCommand(["chat", "-m", "fakegpt"], application);
  const finished = finishCommand(child);
  child.stdin.write("What is new?\n");
  await vi.waitFor(() => expect(upstreams.fakegpt.requests.length).toBeGreaterThan(0), { timeout: 5_000 });
  await once(child.stdout, "data");
  upstreams.fakegpt.behave("empty");
  child.stdin.write("/retry\n");
  await once(child.stderr, "data");
  upstreams.fakegpt.behave("ok");

  child.stdin.end("And old?\n");

  await finished;
  const first = upstreams.answerTo("What is new?");
  expect(upstreams.fakegpt.requests.at(-1)?.body).toContain(
    JSON.stringify(`User: What is new?\nAssistant: ${first}\nUser: And old?\nAssistant:`).slice(1, -1),
  );
});

test("a question that nobody answered can be tried again and stands in the history once", async () => {
  const child = startCommand(["chat", "-m", "fakegpt"], application);
  const finished = finishCommand(child);
  upstreams.fakegpt.behave("empty");
  child.stdin.write("What is new?\n");
  await once(child.stderr, "data");
  upstreams.fakegpt.behave("ok");

  child.stdin.end("/retry\n/exit\nnever asked\n");

  const { code, stdout, stderr } = await finished;
  expect(stdout).toBe(`${upstreams.answerTo("What is new?")}\n`);
  expect(stderr).toMatch(/^fakegpt\/\S+ +failed +empty/m);
  expect(upstreams.fakegpt.requests.at(-1)?.body).toContain(JSON.stringify("What is new?"));
  expect(code).toBe(0);
});

test("Ctrl-C stops the answer and not the program, and twice at the prompt leaves", async () => {
  upstreams.chatgptfree.behave("slow");
  const child = startCommand(["chat", "-m", "chatgptfree"], application);
  const finished = finishCommand(child);
  child.stdin.write("What is new?\n");
  await once(child.stdout, "data");

  child.kill("SIGINT");
  await vi.waitFor(() => expect(upstreams.chatgptfree.openSockets()).toBe(0));
  upstreams.chatgptfree.behave("ok");
  let printed = "";
  child.stdout.on("data", (text: string) => {
    printed += text;
  });
  child.stdin.write("And old?\n");
  await vi.waitFor(() => expect(printed).toContain(`${upstreams.answerTo("And old?")}\n`), 5_000);
  child.kill("SIGINT");
  await once(child.stderr, "data");
  child.kill("SIGINT");

  const { code, stdout, stderr } = await finished;
  expect(stdout).toContain(upstreams.answerTo("And old?"));
  expect(stdout).not.toContain(upstreams.answerTo("What is new?"));
  expect(stderr).toContain("stopped\n");
  expect(stderr).toContain("Ctrl-C again, or /exit, leaves\n");
  expect(code).toBe(0);
});

test("an unknown command and a retry of nothing are told", async () => {
  const { code, stderr } = await chat("/retry\n/modle\n\n");

  expect(stderr).toContain("nothing was asked yet");
  expect(stderr).toContain("unknown command /modle, expected one of /model [name], /route, /retry, /exit");
  expect(code).toBe(0);
});

test("an unknown model is a usage error before anything is asked", async () => {
  const { code, stderr } = await chat("hi\n", "-m", "gpt-4o-mni");

  expect(stderr).toContain('unknown model "gpt-4o-mni"');
  expect(code).toBe(2);
});
