import { CHAT_ERROR_CODES, ChatError, type ChatErrorCode, chat } from "@fallthrough/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { resolvePolicy } from "../../src/health/policy.ts";
import { createChain, createMemoryHealth, POLICY } from "../../src/index.ts";
import { answer, content, fakeProvider, inPhase, QUESTION } from "../fake-provider.ts";

const CODES = CHAT_ERROR_CODES.filter((code) => code !== "offline");

beforeEach(() => {
  vi.spyOn(Math, "random").mockReturnValue(0);
});

afterEach(() => {
  vi.restoreAllMocks();
});

function failing(code: ChatErrorCode, id = "first") {
  return fakeProvider(id, [[new ChatError(code, "failed on purpose")]], {
    models: [{ id: `${id}-model`, contextWindow: 1_000 }],
  });
}

async function outcomeOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.catch((error: unknown) => error);
}

test("the table has every code and no other", () => {
  expect(Object.keys(POLICY).sort()).toEqual([...CHAT_ERROR_CODES].sort());
});

test.each(CODES)("after `%s` the next candidate is asked as the table says", async (code) => {
  const first = failing(code);
  const second = fakeProvider("second", [answer("here")], {
    models: [{ id: "large", contextWindow: 2_000 }],
  });

  const outcome = await outcomeOf(chat(createChain([first, second]), QUESTION).text());

  // the time of one attempt is not that of the chain
  const moved = POLICY[code].next !== "stop" || code === "deadline";
  expect(second.requests.length).toBe(moved ? 1 : 0);
  if (moved) expect(outcome).toBe("here");
  else expect(outcome).toMatchObject({ code });
});

test.each(CODES)("after `%s` from two candidates the third is asked as the table says", async (code) => {
  const [first, second] = [failing(code), failing(code, "second")];
  const small = fakeProvider("small", [answer("from the small one")], {
    models: [{ id: "small", contextWindow: 500 }],
  });
  const large = fakeProvider("large", [answer("from the large one")], {
    models: [{ id: "large", contextWindow: 2_000 }],
  });

  const outcome = await outcomeOf(chat(createChain([first, second, small, large]), QUESTION).text());

  const { next } = POLICY[code];
  const stops = next === "stop" && code !== "deadline";
  if (stops) expect(outcome).toMatchObject({ code });
  else expect(outcome).toBe(next === "larger-window" ? "from the large one" : "from the small one");
  // of two windows of one size the second is not larger
  expect(second.requests.length).toBe(next === "larger-window" || stops ? 0 : 1);
});

test.each(CODES)("after content nobody else is asked, also after `%s`", async (code) => {
  const first = fakeProvider("first", [[...content("half "), new ChatError(code, "failed on purpose")]]);
  const second = fakeProvider("second", [answer("never")]);

  const outcome = await outcomeOf(chat(createChain([first, second]), QUESTION).text());

  // a connection that is lost after content is an answer that was cut
  const told = code === "network" ? "interrupted" : code;
  expect(outcome).toMatchObject({ code: told, partial: { text: "half " } });
  expect(first.requests).toHaveLength(1);
  expect(second.requests).toEqual([]);
});

test.each(CODES)("alone, `%s` is tried again as the table says", async (code) => {
  const before = inPhase("connect", failing(code));
  const after = inPhase("headers", failing(code, "second"));

  const routes = await Promise.all(
    [before, after].map(async (provider) => {
      const reply = chat(createChain([provider]), QUESTION);
      await outcomeOf(reply.text());
      return reply.route.attempts.length;
    }),
  );

  const { again } = POLICY[code];
  expect(routes).toEqual([again === "never" ? 1 : 2, again === "once" ? 2 : 1]);
});

test.each(CODES)("`%s` is remembered as the table says", async (code) => {
  let time = 0;
  const health = createMemoryHealth({ now: () => time, random: () => 0.5 });
  const chain = createChain([failing(code), fakeProvider("second", [answer("here")])], { health });
  const subject = { provider: "first", model: "first-model", needs: ["tools"] } as const;
  const states: string[] = [];

  for (let call = 0; call < 3; call++) {
    await outcomeOf(chat(chain, { ...QUESTION, tools: [{ name: "clock", parameters: {} }] }).text());
    states.push(health.peek(subject).state);
  }

  const { health: effect, cooldownMs, hard } = POLICY[code];
  if (effect === "none") expect(states).toEqual(["well", "well", "well"]);
  else if (effect === "count") expect(states).toEqual(["well", "well", "cooling"]);
  else expect(states).toEqual(Array(3).fill(hard === "always" ? "refused" : "cooling"));
  if (effect === "none") return;
  expect(health.peek(subject)).toMatchObject({ remainingMs: cooldownMs, code });
  time += cooldownMs;
  expect(health.peek(subject)).toMatchObject({ state: "probing", remainingMs: 0 });
});

test("a chain's own policy goes over the table, code by code and field by field", async () => {
  const second = fakeProvider("second", [answer("here")]);
  const policy = { "content-filter": { next: "yes" } } as const;

  const text = await chat(createChain([failing("content-filter"), second], { policy }), QUESTION).text();

  expect(text).toBe("here");
  expect(resolvePolicy(policy)["content-filter"]).toEqual({ ...POLICY["content-filter"], next: "yes" });
  expect(resolvePolicy(policy).server).toEqual(POLICY.server);
});

test("a cooldown of zero is none", async () => {
  const health = createMemoryHealth();
  const policy = { blocked: { cooldownMs: 0 } };
  const chain = createChain([failing("blocked"), fakeProvider("second", [answer("here")])], {
    health,
    policy,
  });

  await chat(chain, QUESTION).text();

  expect(health.peek({ provider: "first", model: "first-model" }).state).toBe("well");
});
