import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { startUpstreams, type Upstreams } from "@fallthrough/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { type Application, createApplication, finishCommand, runCommand, startCommand } from "../command.ts";

let upstreams: Upstreams;
let application: Application;

beforeAll(async () => {
  upstreams = await startUpstreams({ pieceMs: 100 });
});
afterAll(() => upstreams.close());
beforeEach(() => {
  for (const id of ["pizzagpt", "fakegpt"] as const) upstreams[id].behave("ok");
  const { pizzagpt, fakegpt } = upstreams.settings;
  application = createApplication(["pizzagpt", "fakegpt"], { settings: { pizzagpt, fakegpt } });
});
afterEach(() => application.remove());

function batch(...words: readonly string[]): ReturnType<typeof runCommand> {
  return runCommand(["batch", "in.jsonl", "out.jsonl", ...words], application);
}

interface Line {
  readonly id: string;
  readonly custom_id?: string;
  readonly text?: string;
  readonly error?: { readonly code: string; readonly fix: string } | null;
  readonly response?: {
    readonly status_code: number;
    readonly body: { readonly choices: readonly { message: { content: string } }[] };
  };
  readonly route: { readonly attempts: readonly { readonly provider: string; readonly outcome: string }[] };
}

function results(): readonly Line[] {
  const text = readFileSync(join(application.directory, "out.jsonl"), "utf8");
  expect(text.endsWith("\n")).toBe(true);
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

const THREE = [
  '"one"',
  '{"id":"b","prompt":"two"}',
  '{"id":"c","messages":[{"role":"user","content":"three"}]}',
];

test("each line is asked, answered with its route, and counted by provider", async () => {
  application.place("in.jsonl", `${THREE.join("\n")}\n\n`);

  const { code, stdout } = await batch("-m", "pizzagpt");

  const lines = results();
  expect(lines.map(({ text }) => text).toSorted()).toEqual(
    ["one", "two", "three"].map((prompt) => upstreams.answerTo(prompt)).toSorted(),
  );
  expect(lines.find(({ id }) => id === "b")?.route.attempts).toMatchObject([
    { provider: "pizzagpt", outcome: "answered" },
  ]);
  expect(lines.map(({ id }) => id)).toContainEqual(expect.stringMatching(/^line-1-[\da-f]{8}$/));
  expect(stdout).toMatch(/^pizzagpt +3 +0/m);
  expect(code).toBe(0);
});

test("run again it asks only what nobody answered, and a line that was cut", async () => {
  application.place("in.jsonl", THREE.join("\n"));
  upstreams.pizzagpt.behave("abuse");
  const failed = await batch("-m", "pizzagpt");
  expect(failed.code).toBe(1);
  expect(failed.stderr).toContain("3 of 3 are left: the same command asks them again");
  expect(results()[0]?.error).toMatchObject({ code: "abuse", fix: expect.any(String) });
  upstreams.pizzagpt.behave("ok");
  const kept = '{"id":"b","text":"kept","route":{"attempts":[]}}';
  application.place("out.jsonl", `${kept}\n{"id":"c","text":"cu`);
  const before = upstreams.pizzagpt.requests.length;

  const { code, stderr } = await batch("-m", "pizzagpt");

  expect(stderr).toContain("1 of 3 were answered before");
  expect(upstreams.pizzagpt.requests.length - before).toBe(2);
  expect(results()[0]?.text).toBe("kept");
  expect(results()).toHaveLength(3);
  expect(code).toBe(0);
});

test("lines of OpenAI's batches are answered in its form, with the route beside it", async () => {
  const body = { model: "pizzagpt/gpt-4o-mini", messages: [{ role: "user", content: "one" }] };
  const line = { custom_id: "r1", method: "POST", url: "/v1/chat/completions", body };
  const wrong = { ...line, custom_id: "r2", body: { ...body, messages: "no list" } };
  application.place("in.jsonl", `${JSON.stringify(line)}\n${JSON.stringify(wrong)}`);

  const { code } = await batch("--json");

  const byId = new Map(results().map((one) => [one.custom_id, one]));
  expect(byId.get("r1")).toMatchObject({
    id: expect.stringMatching(/^batch_req_/),
    response: {
      status_code: 200,
      body: { object: "chat.completion", choices: [{ message: { content: upstreams.answerTo("one") } }] },
    },
    error: null,
    route: { attempts: [{ provider: "pizzagpt", outcome: "answered" }] },
  });
  expect(byId.get("r2")?.response?.status_code).toBe(400);
  expect(code).toBe(1);
});

test("Ctrl-C starts nothing more, waits for what is asked, and loses no answer", async () => {
  upstreams.fakegpt.behave("slow");
  application.place("in.jsonl", ["one", "two", "three"].map((one) => JSON.stringify(one)).join("\n"));
  const words = ["batch", "in.jsonl", "out.jsonl", "-m", "fakegpt", "--parallel", "1"];
  const before = upstreams.fakegpt.requests.length;
  const child = startCommand(words, application);
  const finished = finishCommand(child);
  await vi.waitFor(() => expect(upstreams.fakegpt.requests.length).toBeGreaterThan(before), {
    timeout: 10_000,
  });

  child.kill("SIGINT");
  const { code, stderr } = await finished;

  expect(stderr).toContain("2 of 3 are left");
  expect(results().map(({ text }) => text)).toEqual([upstreams.answerTo("one")]);
  expect(code).toBe(130);
  upstreams.fakegpt.behave("ok");
  expect((await batch("-m", "fakegpt")).code).toBe(0);
  expect(results()).toHaveLength(3);
});

test.each([
  ["no JSON", "{", "line 2 is no valid JSON"],
  ["a number", "7", "line 2 is neither a text nor an object"],
  ["no prompt", '{"id":"x"}', "line 2 has no `prompt` and `messages`, expected one of them"],
  [
    "an unknown field",
    '{"prompt":"x","temprature":1}',
    "line 2: request field `temprature` is unknown, expected `temperature`",
  ],
  ["an id that stands twice", '{"id":"a","prompt":"x"}', 'line 2 has the id "a", which a line before it has'],
  ["a batch without body", '{"custom_id":"x"}', "line 2: field `body` is missing"],
])("a line with %s is refused before anybody is asked", async (_, line, message) => {
  application.place("in.jsonl", `{"id":"a","prompt":"one"}\n${line}`);

  const { code, stderr } = await batch("-m", "pizzagpt");

  expect(stderr).toContain(message);
  expect(code).toBe(2);
  expect(existsSync(join(application.directory, "out.jsonl"))).toBe(false);
});

test("a file that holds something else is not touched", async () => {
  application.place("in.jsonl", '"one"');
  application.place("out.jsonl", '{"my":"data"}\n');

  const { code, stderr } = await batch("-m", "pizzagpt");

  expect(stderr).toContain(
    '"out.jsonl" holds something else than answers in line 1'.replace(
      "out.jsonl",
      join(application.directory, "out.jsonl"),
    ),
  );
  expect(readFileSync(join(application.directory, "out.jsonl"), "utf8")).toBe('{"my":"data"}\n');
  expect(code).toBe(2);
});

test("the prompts may come from stdin", async () => {
  const { code } = await runCommand(["batch", "-", "out.jsonl", "-m", "pizzagpt"], {
    ...application,
    input: '"one"\n',
  });

  expect(results().map(({ text }) => text)).toEqual([upstreams.answerTo("one")]);
  expect(code).toBe(0);
});

test.skipIf(!existsSync("/dev/full"))("a full disk ends it with 1, and nothing more is asked", async () => {
  application.place("in.jsonl", '"one"\n"two"\n"three"\n');
  const before = upstreams.pizzagpt.requests.length;

  const { code, stderr } = await runCommand(
    ["batch", "in.jsonl", "/dev/full", "-m", "pizzagpt", "--parallel", "1"],
    application,
  );

  expect(stderr).toContain('"/dev/full" could not be written: no space is left on the disk');
  expect(upstreams.pizzagpt.requests.length - before).toBe(1);
  expect(code).toBe(1);
});

test("a file of answers that cannot be is told before anything is asked", async () => {
  application.place("in.jsonl", '"one"\n');

  const { code, stdout } = await runCommand(["batch", "in.jsonl", "no/out.jsonl", "--json"], application);

  expect(JSON.parse(stdout).error).toMatchObject({
    code: "config",
    message: expect.stringContaining('no/out.jsonl" could not be written: ENOENT'),
  });
  expect(code).toBe(2);
});
