import { tmpdir } from "node:os";
import { PassThrough, Readable } from "node:stream";
import { ChatError, type ChatProvider } from "@fallthrough/core";
import { type RunningGateway, type Status, startGateway } from "@fallthrough/gateway";
import { createRegistry } from "@fallthrough/registry";
import { afterEach, expect, test, vi } from "vitest";
import { runProgram } from "../src/program.ts";
import { EXIT, type Shell } from "../src/shell.ts";

const running: RunningGateway[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((gateway) => gateway.close()));
});

function provider(id: string, failure?: ChatError): ChatProvider {
  return {
    specificationVersion: 1,
    id,
    name: id,
    status: { state: "active", checked: "2026-01-01" },
    models: [{ id: "small" }],
    async *stream() {
      if (failure !== undefined) throw failure;
      yield { type: "text-delta", delta: "hi" };
      yield { type: "finish", finishReason: "stop" };
    },
  };
}

async function start(providers: readonly ChatProvider[], token?: string): Promise<RunningGateway> {
  const gateway = await startGateway(createRegistry({ providers }), { port: 0, graceMs: 100, token });
  running.push(gateway);
  return gateway;
}

function ask({ baseURL }: RunningGateway): Promise<Response> {
  return fetch(`${baseURL}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ messages: [{ role: "user", content: "a secret question" }] }),
  });
}

/** A terminal or a pipe, and what was written to it. */
function createShell({
  isTTY = false,
  environment = {},
}: {
  isTTY?: boolean;
  environment?: Shell["environment"];
} = {}) {
  const control = new AbortController();
  const written = { output: "", notes: "" };
  const stream = (name: keyof typeof written) => {
    const pass = Object.assign(new PassThrough(), { isTTY });
    pass.on("data", (chunk) => {
      written[name] += chunk;
    });
    return pass;
  };
  const shell: Shell = {
    directory: tmpdir(),
    environment,
    input: Readable.from([]),
    output: stream("output"),
    notes: stream("notes"),
    signal: control.signal,
  };
  return { shell, written, end: () => control.abort() };
}

const REFUSED = new ChatError("auth", "the key is refused");

test("status tells whether it works, who is asked, what is wrong and the last calls", async () => {
  const gateway = await start([provider("unwell", REFUSED), provider("well")]);
  await ask(gateway);
  const { shell, written } = createShell();

  const code = await runProgram(["status", "--url", gateway.baseURL], shell);

  expect(code).toBe(EXIT.answered);
  expect(written.output).toMatch(/^It works, with a fallback\. well\/small answers\.$/m);
  expect(written.output).toMatch(/^unwell\/small +refused +auth +\d+ min( \d+ s)? +0 +1 +\S/m);
  expect(written.output).toMatch(/^well\/small +well +\d+ ms +1 +0 +\S/m);
  expect(written.output).toMatch(/^unwell\/small is not asked: auth\. Correct its key/m);
  expect(written.output).toMatch(
    /^\d\d:\d\d:\d\d auto \d+ ms ✕ unwell\/small auth \d+ ms → ✓ well\/small \d+ ms$/m,
  );
  expect(written.output).not.toContain("secret");
});

test("a gateway that nobody can use ends the command with 1, and --json prints all of it", async () => {
  const gateway = await start([provider("unwell", REFUSED)]);
  await ask(gateway);
  const { shell, written } = createShell();

  const code = await runProgram(["status", "--json", "--url", gateway.baseURL], shell);

  expect(code).toBe(EXIT.unanswered);
  expect(JSON.parse(written.output) as Status).toMatchObject({
    state: "down",
    candidates: [{ id: "unwell/small", state: "refused", last_error: { code: "auth" } }],
  });
});

test("--watch prints a line for each call on a pipe, until the command is ended", async () => {
  const gateway = await start([provider("well")]);
  const { shell, written, end } = createShell();

  const ran = runProgram(["status", "--watch", "--url", gateway.baseURL], shell);
  await vi.waitFor(() => expect(written.output).toContain("It works."), 10_000);
  await ask(gateway);
  await vi.waitFor(() => expect(written.output).toMatch(/auto \d+ ms ✓ well\/small/), 10_000);
  end();

  expect(await ran).toBe(EXIT.answered);
});

test("--watch draws the picture again on a terminal, and waits for a gateway that is gone", {
  timeout: 30_000,
}, async () => {
  const gateway = await start([provider("well")]);
  const { shell, written, end } = createShell({ isTTY: true });

  const ran = runProgram(["status", "--watch", "--url", gateway.baseURL], shell);
  await vi.waitFor(() => expect(written.output).toContain("It works."), 10_000);
  await ask(gateway);
  await vi.waitFor(() => expect(written.output).toContain("✓ well/small"), 10_000);
  await gateway.close();
  await vi.waitFor(() => expect(written.notes).toContain("the connection to the gateway is lost"), 10_000);
  written.output = "";
  const again = await startGateway(createRegistry({ providers: [provider("other")] }), {
    port: gateway.port,
  });
  running.push(again);
  await vi.waitFor(() => expect(written.output).toContain("other/small answers."), 10_000);
  end();

  expect(await ran).toBe(EXIT.answered);
  expect(written.output.startsWith("\u001b[H\u001b[2J")).toBe(true);
});

test("--watch --json prints each event as a line", async () => {
  const gateway = await start([provider("well")]);
  const { shell, written, end } = createShell();

  const ran = runProgram(["status", "--watch", "--json", "--url", gateway.baseURL], shell);
  await vi.waitFor(() => expect(written.output).toContain('{"event":"status"'), 10_000);
  end();
  await ran;

  const [first = ""] = written.output.split("\n");
  expect(JSON.parse(first)).toMatchObject({ event: "status", data: { state: "ok" } });
});

test.each([
  [
    "nobody listens",
    "http://127.0.0.1:9/v1",
    {},
    /no gateway answers at .*, expected a running `fallthrough serve`/,
  ],
  [
    "the token is wrong",
    undefined,
    { FALLTHROUGH_TOKEN: "wrong" },
    /refused the token, expected it in FALLTHROUGH_TOKEN/,
  ],
])("where %s, status says what would be right", async (_, url, environment, message) => {
  const gateway = await start([provider("well")], "right");
  const { shell, written } = createShell({ environment });

  const codes = [
    await runProgram(["status", "--url", url ?? gateway.baseURL], shell),
    await runProgram(["status", "--watch", "--url", url ?? gateway.baseURL], shell),
  ];

  expect(codes).not.toContain(EXIT.answered);
  expect(written.notes).toMatch(message);
});
