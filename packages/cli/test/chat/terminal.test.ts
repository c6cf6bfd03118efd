import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { startUpstreams, type Upstreams } from "@fallthrough/testkit";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { chat } from "../../src/chat/chat.ts";
import { createOutput } from "../../src/output.ts";
import type { Shell } from "../../src/shell.ts";
import { type Application, createApplication } from "../command.ts";

let upstreams: Upstreams;
let application: Application;
let state = "";

beforeAll(async () => {
  upstreams = await startUpstreams({ pieceMs: 50 });
  const { fakegpt } = upstreams.settings;
  application = createApplication(["fakegpt"], { settings: { fakegpt } });
  state = mkdtempSync(join(tmpdir(), "fallthrough-state-"));
});
beforeEach(() => upstreams.fakegpt.behave("ok"));
afterAll(async () => {
  await upstreams.close();
  application.remove();
  rmSync(state, { recursive: true });
});

/** A conversation at a terminal, with all that was written on it. */
function open(words: { readonly state?: boolean } = {}) {
  const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => {} });
  const output = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 24 });
  let written = "";
  output.on("data", (text: Buffer) => {
    written += text;
  });
  const shell: Shell = {
    directory: application.directory,
    environment: { XDG_STATE_HOME: state, NO_COLOR: "1" },
    input,
    output,
    notes: output,
    signal: new AbortController().signal,
  };
  const ended = chat(shell, createOutput(shell), { model: "fakegpt", ...words });
  const shows = (text: string) =>
    vi.waitFor(() => expect(stripVTControlCharacters(written)).toContain(text), 10_000);
  return { input, output, ended, shows, written: () => written };
}

test("a key and a resize while an answer comes destroy nothing, and what was typed is there afterwards", async () => {
  upstreams.fakegpt.behave("slow");
  const { input, output, ended, shows, written } = open();
  await shows("> ");
  input.write("What is new?\r");
  await vi.waitFor(() => expect(written()).toContain("You asked"), 10_000);

  const before = written().length;
  input.write("typed early");
  output.columns = 30;
  output.emit("resize");
  await shows(upstreams.answerTo("What is new?"));

  const during = written().slice(before, written().indexOf("run "));
  expect(during).not.toContain("\u001b[0J");
  expect(during).not.toContain("typed");
  await shows("> typed early");
  input.write("\u0003\u0003\u0003");
  expect(await ended).toBe(0);
});

test("Ctrl-C with typed text clears it and does not leave", async () => {
  const { input, ended, shows, written } = open();
  await shows("> ");

  input.write("half a question\u0003");
  input.write("/model\r");

  await shows("fakegpt: fakegpt/");
  expect(written()).not.toContain("Ctrl-C again");
  input.write("/exit\r");
  expect(await ended).toBe(0);
});

test("what was typed is on the arrow keys of the next conversation, in a file for nobody else", async () => {
  const first = open();
  await first.shows("> ");
  first.input.write("/model fakegpt\r");
  await first.shows("fakegpt: ");
  first.input.write("/exit\r");
  await first.ended;

  const second = open();
  await second.shows("> ");
  second.input.write("\u001b[A\u001b[A");
  await second.shows("/model fakegpt");
  second.input.write("\u0003/exit\r");
  await second.ended;

  const file = join(state, "fallthrough/chat-history.json");
  expect(JSON.parse(readFileSync(file, "utf8"))).toContain("/model fakegpt");
  if (process.platform !== "win32") expect(statSync(file).mode & 0o077).toBe(0);
});

test("nothing is kept where that is turned off", async () => {
  const file = join(state, "fallthrough/chat-history.json");
  rmSync(file, { force: true });
  const silent = open({ state: false });
  await silent.shows("> ");
  silent.input.write("/exit\r");
  await silent.ended;
  application.place("fallthrough.config.json", {
    settings: upstreams.settings.fakegpt && { fakegpt: upstreams.settings.fakegpt },
    chat: { history: false },
  });
  const off = open();
  await off.shows("> ");
  off.input.write("/exit\r");
  await off.ended;
  application.place("fallthrough.config.json", { settings: { fakegpt: upstreams.settings.fakegpt } });

  expect(existsSync(file)).toBe(false);
});

test("a conversation is saved, loaded and goes on with its instructions; another file is not overwritten", async () => {
  const first = open();
  await first.shows("> ");
  first.input.write("/system Be brief.\r");
  await first.shows("instructions: Be brief.");
  first.input.write("What is new?\r");
  await first.shows(upstreams.answerTo("What is new?"));
  first.input.write("/save talk.json\r");
  await first.shows("saved in");
  first.input.write("/save package.json\r");
  await first.shows("holds something else than a conversation");
  first.input.write("/exit\r");
  await first.ended;

  const second = open();
  await second.shows("> ");
  second.input.write("/load talk.json\r");
  await second.shows("2 messages of");
  second.input.write("And old?\r");
  await second.shows(upstreams.answerTo("And old?"));
  second.input.write("/exit\r");
  await second.ended;

  expect(upstreams.fakegpt.requests.at(-1)?.body).toContain(
    JSON.stringify(
      `System: Be brief.\nUser: What is new?\nAssistant: ${upstreams.answerTo("What is new?")}\n`,
    ).slice(1, -1),
  );
});

test("an image is read before it is asked about, and a file that is none is refused", async () => {
  writeFileSync(
    join(application.directory, "my dot.png"),
    Buffer.from(
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
      "base64",
    ),
  );
  const { input, ended, shows } = open();
  await shows("> ");

  input.write("/image none.png\r");
  await shows("does not exist, expected an image");
  input.write("/image my\\ dot.png\r");
  await shows("the next question has the image");
  input.write("/help\r");
  await shows("/load <file>");
  input.write("/exit\r");

  expect(await ended).toBe(0);
});
