import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { inspect } from "node:util";
import { MessageChannel, receiveMessageOnPort } from "node:worker_threads";
import { expect, expectTypeOf, onTestFinished, test } from "vitest";
import { amendError, briefError, ChatError } from "../../src/errors/chat-error.ts";
import { CHAT_ERROR_CODES, type ChatErrorCode, type FailureScope } from "../../src/errors/error-codes.ts";

/** What a second installation of the package exports. */
function importCopy() {
  const folder = mkdtempSync(join(tmpdir(), "fallthrough-core-"));
  const core = fileURLToPath(new URL("../..", import.meta.url));
  cpSync(join(core, "dist"), folder, { recursive: true });
  symlinkSync(join(core, "node_modules"), join(folder, "node_modules"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return import(/* @vite-ignore */ pathToFileURL(join(folder, "index.js")).href);
}

test("instanceof holds across copies of the package, and for no other error", async () => {
  const first = await importCopy();
  const second = await importCopy();

  const error = new first.ChatError("server", "failed");

  expect(first.ChatError).not.toBe(second.ChatError);
  expect(error).toBeInstanceOf(second.ChatError);
  expect(error).toBeInstanceOf(ChatError);
  expect(error).toBeInstanceOf(Error);
  for (const other of [new Error("x"), {}, null, undefined, "ChatError"]) {
    expect(other instanceof ChatError).toBe(false);
  }
});

test("the provider stands once at the front of the message", () => {
  expect(new ChatError("server", "failed", { provider: "toy" }).message).toBe("[toy] failed");
  expect(new ChatError("server", "[toy] failed", { provider: "toy" }).message).toBe("[toy] failed");
  expect(new ChatError("server", "failed").message).toBe("failed");
});

test("every code has a scope of its own, which the thrower may know better", () => {
  const scopes = Object.fromEntries(CHAT_ERROR_CODES.map((code) => [code, new ChatError(code, "x").scope]));

  expect(scopes).toMatchObject({ auth: "key", "rate-limit": "model", blocked: "origin", server: "provider" });
  expect(new Set(Object.values(scopes))).toEqual(new Set(["key", "model", "need", "provider", "origin"]));
  expect(new ChatError("rate-limit", "x", { scope: "origin" }).scope).toBe("origin");
  expect(CHAT_ERROR_CODES).toHaveLength(22);
  expectTypeOf<ChatError["code"]>().toEqualTypeOf<ChatErrorCode>();
  expectTypeOf<ChatError["scope"]>().toEqualTypeOf<FailureScope>();
});

test("the facts are readable and in JSON; what had arrived is readable alone", () => {
  const partial = { text: "what had arrived", reasoning: "", toolCalls: [] };
  const route = { attempts: [] };

  const error = new ChatError("rate-limit", "answered 429", {
    provider: "toy",
    model: "toy-1",
    origin: "https://toy.example",
    status: 429,
    retryAfterMs: 2000,
    retryAt: new Date(1_800_000_000_000),
    requestId: "req_1",
    phase: "headers",
    partial,
    route,
  });

  expect(error.partial).toBe(partial);
  expect(error.route).toBe(route);
  expect(JSON.parse(JSON.stringify(error))).toEqual({
    name: "ChatError",
    message: "[toy] answered 429",
    code: "rate-limit",
    provider: "toy",
    model: "toy-1",
    origin: "https://toy.example",
    scope: "model",
    fix: "Try later, or add another provider or key.",
    help: "https://fallthrough-js.github.io/fallthrough/errors#rate-limit",
    status: 429,
    retryAfterMs: 2000,
    retryAt: "2027-01-15T08:00:00.000Z",
    requestId: "req_1",
    phase: "headers",
    route,
  });
});

test("the data of an error reach another thread with message, code, scope and route", () => {
  const route = { attempts: [{ provider: "toy", outcome: "failed", code: "server", ms: 3 } as const] };
  const error = new ChatError("server", "failed with Bearer hidden-1234", { provider: "toy", route });
  const { port1, port2 } = new MessageChannel();

  port1.postMessage(error.toJSON());
  const posted = receiveMessageOnPort(port2)?.message;
  port1.close();

  expect(posted).toEqual({
    name: "ChatError",
    message: "[toy] failed with Bearer [redacted]",
    code: "server",
    scope: "provider",
    fix: "Try later.",
    help: "https://fallthrough-js.github.io/fallthrough/errors#server",
    provider: "toy",
    route,
  });
  expect(structuredClone(error.toJSON())).toEqual(posted);
  expect(structuredClone(error).message).toBe(error.message);
});

test("the time of the next try follows from the wait, and stays what it is in a copy", () => {
  const before = Date.now();

  const error = new ChatError("rate-limit", "answered 429", { retryAfterMs: 2000, requestId: "req_1" });

  expect((error.retryAt?.getTime() ?? 0) - before).toBeGreaterThanOrEqual(2000);
  expect(amendError(error, { model: "toy-1" })).toMatchObject({ retryAt: error.retryAt, requestId: "req_1" });
  expect(
    new ChatError("rate-limit", "x", { retryAfterMs: Number.POSITIVE_INFINITY }).retryAt,
  ).toBeUndefined();
});

test("a refused need is told, also in a copy, and not under another code", () => {
  const error = new ChatError("unsupported", "no tools here", { need: "tools" });

  expect(error).toMatchObject({ scope: "need", need: "tools" });
  expect(error.toJSON()).toMatchObject({ scope: "need", need: "tools" });
  expect(amendError(error, { model: "toy-1" })).toMatchObject({ scope: "need", need: "tools" });
  expect(amendError(error, { code: "server" }).need).toBeUndefined();
});

test("a code of a later minor release speaks of its provider", () => {
  expect(new ChatError("quantum-flux" as ChatErrorCode, "x").scope).toBe("provider");
});

test("an error in a list is printed in one line, and tells as much as before", () => {
  const error = new ChatError("network", "failed with ECONNREFUSED", {
    provider: "toy",
    cause: new Error("connect ECONNREFUSED"),
    partial: { text: "Hi", reasoning: "", toolCalls: [] },
    route: { attempts: [] },
  });

  const brief = briefError(error);

  expect(inspect(brief)).toBe("[ChatError: [toy] failed with ECONNREFUSED]");
  expect(brief.toJSON()).toEqual(error.toJSON());
  expect(brief).toMatchObject({ code: "network", partial: { text: "Hi" }, provider: "toy" });
});

test("neither JSON nor inspect show content or secrets, however deep", () => {
  const cause = Object.assign(new Error("sent Bearer hidden-1234"), {
    headers: { cookie: "hidden-1234" },
    cause: new Error("proxy http://user:hidden-1234@127.0.0.1 refused"),
  });
  const partial = { text: "hidden-1234", reasoning: "hidden-1234", toolCalls: [] };

  const error = new ChatError("network", "GET /?key=hidden-1234 failed", { cause, partial });

  expect(inspect(error, { depth: 10, showHidden: false })).not.toContain("hidden-1234");
  expect(JSON.stringify([error, error.cause])).not.toContain("hidden-1234");
  expect(error.stack).not.toContain("hidden-1234");
});

test("an amended error is a copy with these facts changed", () => {
  const original = new ChatError("network", "failed", { provider: "toy", scope: "model", status: 500 });

  const amended = amendError(original, { model: "toy-1", phase: "connect" });

  expect(amended).not.toBe(original);
  expect(amended).toMatchObject({ message: "[toy] failed", scope: "model", status: 500, model: "toy-1" });
  expect(amended.stack).toBe(original.stack);
  expect(original.model).toBeUndefined();
});

test("another code brings its own scope", () => {
  const original = new ChatError("network", "failed");

  expect(amendError(original, { code: "interrupted" })).toMatchObject({
    code: "interrupted",
    scope: "model",
  });
});

test("another message leaves the old stack behind, which would quote the old one", () => {
  const amended = amendError(new ChatError("server", "quoted words"), { message: "no words" });

  expect(amended.message).toBe("no words");
  expect(amended.stack).not.toContain("quoted words");
});

test.each(CHAT_ERROR_CODES)("%s says what to do in one sentence, and where more is to be read", (code) => {
  const error = new ChatError(code, "x");

  expect(error.fix).toMatch(/^[A-Z`][^\n]{5,100}\.$/);
  expect(error.help).toBe(`https://fallthrough-js.github.io/fallthrough/errors#${code}`);
  expect(inspect(error)).not.toContain(error.fix);
});

test("a code of a later release has a fix and a page too", () => {
  const error = new ChatError("later" as ChatErrorCode, "x");

  expect([error.fix, error.help]).toEqual([
    "Try later.",
    "https://fallthrough-js.github.io/fallthrough/errors",
  ]);
});

test("whoever throws may know a better fix, which is redacted and stays in copies of the same code", () => {
  const error = new ChatError("config", "x", { fix: "Send Bearer hidden-1234 again." });

  expect(error.fix).toBe("Send Bearer [redacted] again.");
  expect(error.toJSON().fix).toBe(error.fix);
  expect(amendError(error, { message: "y" }).fix).toBe(error.fix);
  expect(briefError(error).fix).toBe(error.fix);
  expect(amendError(error, { code: "server" }).fix).toBe("Try later.");
  expect(amendError(new ChatError("config", "x"), { code: "server" }).fix).toBe("Try later.");
});
