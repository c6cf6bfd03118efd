import { ChatError, chat } from "@fallthrough/core";
import { expect, test, vi } from "vitest";
import { isLocalFault, isMachineFault } from "../../src/chain/offline.ts";
import { createChain, createMemoryHealth } from "../../src/index.ts";
import { answer, fakeProvider, QUESTION } from "../fake-provider.ts";

function unreachable(code: string, origin?: string): ChatError {
  const cause = new Error("fetch failed", { cause: Object.assign(new Error("lookup"), { code }) });
  return new ChatError("network", "could not be reached", { origin, cause, phase: "connect" });
}

/** A failure whose cause is so many errors deep. */
function buried(code: string, depth: number): ChatError {
  let cause: Error = Object.assign(new Error("lookup"), { code });
  for (let outer = 1; outer < depth; outer++) cause = new Error("outer", { cause });
  return new ChatError("network", "could not be reached", { cause });
}

function endless(): ChatError {
  const cause = new Error("its own cause");
  cause.cause = cause;
  return new ChatError("network", "could not be reached", { cause });
}

test.each([
  ["a name that is not found", unreachable("ENOTFOUND"), true, false],
  ["an inner chain that is offline", new ChatError("offline", "no network"), true, false],
  ["a name of this machine", unreachable("ENOTFOUND", "http://app.localhost"), false, false],
  ["an origin that is no URL", unreachable("ENOTFOUND", "not a url"), true, false],
  [
    "another code than `network`",
    new ChatError("tls", "x", { cause: buried("ENOTFOUND", 1).cause }),
    false,
    false,
  ],
  ["five causes", buried("ENOTFOUND", 5), true, false],
  ["more causes than are looked at", buried("ENOTFOUND", 6), false, false],
  ["causes without an end", endless(), false, false],
  ["no files left", unreachable("EMFILE"), false, true],
  ["a firewall of this machine", unreachable("EPERM", "https://one.example"), false, true],
  ["a refused connection", unreachable("ECONNREFUSED"), false, false],
])("with %s, the fault lies on this side: %#", (_, error, local, machine) => {
  expect(isLocalFault(error)).toBe(local);
  expect(isMachineFault(error)).toBe(machine);
});

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
  expect(states).toEqual(["well", "well"]);
});

test.each([
  [
    "one is refused",
    [unreachable("ENOTFOUND", "https://one.example"), unreachable("ECONNREFUSED", "https://two.example")],
  ],
  ["one answers an error", [unreachable("EAI_AGAIN"), new ChatError("server", "answered 500")]],
  ["only a local name is not found", [unreachable("ENOTFOUND", "http://app.localhost:1234")]],
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

test("one that cannot be found counts as its failure also where another ends the call", async () => {
  const health = createMemoryHealth();
  const errors = [unreachable("ENOTFOUND"), new ChatError("content-filter", "was refused")];

  for (let call = 0; call < 3; call++) await failureOf(errors, health);

  expect(health.peek({ provider: "p0", model: "p0-model" }).state).toBe("cooling");
});

test.each(["abort", "leave"] as const)(
  "an %s counts nothing that came before it, and gives every slot back",
  async (how) => {
    let time = 0;
    const health = createMemoryHealth({ now: () => time });
    const gone = fakeProvider("gone", [[new ChatError("abuse", "was refused")], [unreachable("ENOTFOUND")]]);
    const silent = fakeProvider("silent", [answer("here"), ["silence"]]);
    const chain = createChain([gone, silent], { health });
    await chat(chain, QUESTION).text();
    time += 24 * 3_600_000;
    const controller = new AbortController();
    const parts = chain.stream({ ...QUESTION, signal: controller.signal })[Symbol.asyncIterator]();
    const outcome = parts.next().catch((error: unknown) => error);
    await vi.waitFor(() => expect(silent.open).toBe(1));

    if (how === "abort") controller.abort("enough");
    else await parts.return?.();

    expect(await outcome).toEqual(how === "abort" ? "enough" : { done: true, value: undefined });
    expect(health.peek({ provider: "gone", model: "gone-model" })).toMatchObject({
      state: "probing",
      remainingMs: 0,
    });
  },
);

test("a chain inside a chain that is offline may be followed by one that is not", async () => {
  const inner = createChain([provider("gone", unreachable("ENOTFOUND"))]);

  expect(await chat(createChain([inner, fakeProvider("second", [answer("here")])]), QUESTION).text()).toBe(
    "here",
  );
});
