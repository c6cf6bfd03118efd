import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { startUpstreams, type Upstreams } from "@fallthrough/testkit";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import {
  type Application,
  COMMAND,
  createApplication,
  finishCommand,
  runCommand,
  startCommand,
} from "../command.ts";

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

test("Ctrl-C in a piped conversation ends it, and nothing more is sent", async () => {
  upstreams.chatgptfree.behave("slow");
  const child = startCommand(["chat", "-m", "chatgptfree"], application);
  const finished = finishCommand(child);
  child.stdin.on("error", () => {});
  child.stdin.write("What is new?\nAnd old?\n");
  await once(child.stdout, "data");
  const before = upstreams.chatgptfree.requests.length;

  child.kill("SIGINT");

  const { code, stdout } = await finished;
  expect(stdout).not.toContain(upstreams.answerTo("What is new?"));
  expect(upstreams.chatgptfree.requests.length).toBe(before);
  expect(code).toBe(130);
});

test("a piped conversation in which a question has no answer ends with 1", async () => {
  upstreams.fakegpt.behave("empty");

  expect((await chat("What is new?\n", "-m", "fakegpt")).code).toBe(1);
});

/** Runs a command at a terminal of its own; part of util-linux. */
const TERMINAL = "script";
const hasScript =
  process.platform === "linux" && spawnSync(TERMINAL, ["--version"], { encoding: "utf8" }).status === 0;

test.skipIf(!hasScript)(
  "at a real terminal Ctrl-C stops the answer, and twice at the prompt leaves",
  async () => {
    upstreams.chatgptfree.behave("slow");
    const command = `'${process.execPath}' '${COMMAND}' chat -m chatgptfree`;
    const child = spawn(TERMINAL, ["-qefc", command, "/dev/null"], {
      cwd: application.directory,
      env: { ...process.env, TERM: "xterm", NO_COLOR: "1" },
      stdio: ["pipe", "pipe", "pipe"],
    });
    const finished = finishCommand(child);
    let shown = "";
    child.stdout.on("data", (text: string) => {
      shown += text;
    });
    const shows = (text: string) => vi.waitFor(() => expect(shown).toContain(text), 15_000);
    await shows("> ");
    child.stdin.write("What is new?\r");
    await shows("You asked");
    child.stdin.write("\u0003");
    await shows("stopped");
    child.stdin.write("\u0003");
    await shows("Ctrl-C again, or /exit, leaves");
    child.stdin.write("\u0003");

    const { code, stdout } = await finished;
    expect(stdout).not.toContain(upstreams.answerTo("What is new?"));
    expect(code).toBe(0);
  },
);

test("an unknown command and a retry of nothing are told", async () => {
  const { code, stderr } = await chat("/retry\n/modle\n\n");

  expect(stderr).toContain("nothing was asked yet");
  expect(stderr).toContain("unknown command /modle, expected one of /help, /model [name]");
  expect(code).toBe(0);
});

test("an unknown model is a usage error before anything is asked", async () => {
  const { code, stderr } = await chat("hi\n", "-m", "gpt-4o-mni");

  expect(stderr).toContain('unknown model "gpt-4o-mni"');
  expect(code).toBe(2);
});
