import { ChatError, chat } from "@fallthrough/core";
import { expect, test } from "vitest";
import { createChain, createMemoryHealth } from "../src/index.ts";
import { answer, fakeProvider, QUESTION } from "./fake-provider.ts";

function unreachable(code: string, origin?: string): ChatError {
  const cause = new Error("fetch failed", { cause: Object.assign(new Error("lookup"), { code }) });
  return new ChatError("network", "could not be reached", { origin, cause, phase: "connect" });
}

function provider(id: string, error: ChatError) {
  return fakeProvider(id, [[error]]);
}

async function failureOf(errors: readonly ChatError[], health = createMemoryHealth()): Promise<unknown> {
  const chain = createChain(
    errors.map((error, index) => provider(`p${index}`, error)),
    { health },
  );
  return chat(chain, QUESTION)
    .text()
    .catch((error: unknown) => error);
}

test("when nobody elsewhere could be reached the verdict is offline, nothing is tried again and nobody is benched", async () => {
  const health = createMemoryHealth();
  const errors = [
    unreachable("ENOTFOUND", "https://one.example"),
    unreachable("ENETUNREACH", "https://two.example"),
    new ChatError("network", "was refused", { origin: "http://127.0.0.1:11434" }),
  ];

  const failures = [];
  for (let call = 0; call < 4; call++) failures.push(await failureOf(errors, health));

  expect(failures[0]).toMatchObject({ code: "offline", route: { attempts: [{}, {}, {}] } });
  const states = ["p0", "p1"].map((id) => health.peek({ provider: id, model: `${id}-model` }).state);
  expect(states).toEqual(["ready", "ready"]);
});

test.each([
  [
    "one is refused",
    [unreachable("ENOTFOUND", "https://one.example"), unreachable("ECONNREFUSED", "https://two.example")],
  ],
  ["one answers an error", [unreachable("EAI_AGAIN"), new ChatError("server", "answered 500")]],
  ["only a local server is down", [unreachable("ECONNREFUSED", "http://localhost:1234")]],
])("when %s this machine is not offline", async (_, errors) => {
  expect(await failureOf(errors)).not.toMatchObject({ code: "offline" });
});

test("one provider that cannot be found counts as its failure once another answers", async () => {
  const health = createMemoryHealth();
  const chain = createChain(
    [
      provider("gone", unreachable("ENOTFOUND", "https://gone.example")),
      fakeProvider("second", [answer("here")]),
    ],
    { health },
  );

  for (let call = 0; call < 3; call++) await chat(chain, QUESTION).text();

  expect(health.peek({ provider: "gone", model: "gone-model" })).toMatchObject({
    state: "cooling",
    code: "network",
  });
});

test("a chain inside a chain that is offline may be followed by one that is not", async () => {
  const inner = createChain([provider("gone", unreachable("ENOTFOUND"))]);

  expect(await chat(createChain([inner, fakeProvider("second", [answer("here")])]), QUESTION).text()).toBe(
    "here",
  );
});
