import { expect, test } from "vitest";
import type { ChatProvider, FinishPart, StreamPart } from "../../src/contract/contract.ts";
import { ChatError } from "../../src/errors/chat-error.ts";
import type { OpenRoute } from "../../src/guard/call-context.ts";
import { chat } from "../../src/reply/chat.ts";
import { createRouteRecord } from "../../src/reply/route-record.ts";
import { createScripted, createToy, FINISH, failing, messages, reasonOf, text } from "../providers.ts";

const TOLD = { provider: "inner", outcome: "answered", ms: 1 } as const;
const finish = FINISH as FinishPart;

function routeOf(): OpenRoute {
  return { attempts: [] };
}

test("an answer names the provider and the model that was asked, and then the one that the server reports", () => {
  const route = routeOf();
  const record = createRouteRecord(createScripted(), undefined, route);

  record.committed();
  expect(route).toEqual({ provider: "toy", model: "toy-1", attempts: [] });
  const told = record.finished({ ...finish, model: "toy-1-2026" }, () => ({}) as never);

  expect(route.attempts).toEqual([
    {
      provider: "toy",
      model: "toy-1",
      outcome: "answered",
      reportedModel: "toy-1-2026",
      ms: expect.any(Number),
    },
  ]);
  expect(told).toEqual({
    ...finish,
    model: "toy-1-2026",
    route: { provider: "toy", model: "toy-1-2026", attempts: route.attempts },
  });
  expect(Number.isInteger(route.attempts[0]?.ms)).toBe(true);
});

test.each([undefined, ""])("a server that reports the model %j reports none", (model) => {
  const route = routeOf();

  const told = createRouteRecord(createScripted(), undefined, route).finished(
    { ...finish, model },
    () => ({}) as never,
  );

  expect(route.attempts[0]).not.toHaveProperty("reportedModel");
  expect(told.route).toMatchObject({ model: "toy-1" });
});

test("a provider without models has none in its route", () => {
  const route = routeOf();
  const record = createRouteRecord({ ...createScripted(), models: [] }, undefined, route);

  record.committed();
  const told = record.finished(finish, () => ({}) as never);

  expect(route).not.toHaveProperty("model");
  expect(route.attempts[0]).not.toHaveProperty("model");
  expect(told.route).not.toHaveProperty("model");
});

test("a chain that somebody wrapped has told who answers, and its attempts", () => {
  const route: OpenRoute = { provider: "inner", model: "m", attempts: [TOLD] };
  const record = createRouteRecord(createScripted(), undefined, route);

  record.committed();
  const told = record.finished(
    { ...finish, route: { provider: "inner", attempts: [] } },
    () => ({}) as never,
  );
  record.left();

  expect(route).toEqual({ provider: "inner", model: "m", attempts: [TOLD] });
  expect(told.route).toEqual({ provider: "inner", model: "toy-1", attempts: [TOLD] });
});

test.each<[string, unknown, boolean, object]>([
  [
    "an error of the contract",
    new ChatError("server", "answered 500", { status: 500, phase: "headers" }),
    false,
    { outcome: "failed", code: "server", status: 500, phase: "headers" },
  ],
  ["anything else", new Error("x"), false, { outcome: "failed" }],
  ["an abort", "gone", true, { outcome: "aborted" }],
  ["an abort with an error of the contract", new ChatError("server", "x"), true, { outcome: "aborted" }],
])("a call that ends with %s is an attempt of that", (_, reason, aborted, attempt) => {
  const route = routeOf();

  const told = createRouteRecord(createScripted(), undefined, route).failed(reason, {
    aborted,
    unread: false,
  });

  expect(told).toBe(reason);
  expect(route.attempts).toEqual([{ provider: "toy", model: "toy-1", ...attempt, ms: expect.any(Number) }]);
});

test("a call that its reader left is an attempt that was aborted", () => {
  const route = routeOf();

  createRouteRecord(createScripted(), "other", route).left();

  expect(route.attempts).toEqual([
    { provider: "toy", model: "other", outcome: "aborted", ms: expect.any(Number) },
  ]);
});

test("a failure after the content leaves no answerer in the route", async () => {
  const reply = chat(createScripted(...text("a")), { messages });

  await reasonOf(reply.text());

  expect(reply.route).toEqual({ attempts: [expect.objectContaining({ code: "interrupted" })] });
});

test("the route names who answers from the first content on", async () => {
  const reply = chat(createScripted(...text("a", "b"), FINISH), { messages });
  const parts = reply[Symbol.asyncIterator]();

  await parts.next();

  expect(reply.route).toEqual({ provider: "toy", model: "toy-1", attempts: [] });
});

test("the error of an exhausted chain inside a provider is a failed attempt without a code", async () => {
  const exhausted = Object.assign(new Error("all failed"), {
    [Symbol.for("@fallthrough/registry/1.ChainExhaustedError")]: true,
  });
  const provider: ChatProvider = createToy(() => failing(exhausted) as AsyncIterable<StreamPart>);
  const reply = chat(provider, { messages });

  expect(await reasonOf(reply.text())).toBe(exhausted);
  expect(reply.route.attempts).toEqual([
    { provider: "toy", model: "toy-1", outcome: "failed", ms: expect.any(Number) },
  ]);
});
