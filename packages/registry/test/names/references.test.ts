import { ChatError } from "@fallthrough/core";
import { expect, test } from "vitest";
import {
  createCatalog,
  formatCandidate,
  presentProviders,
  resolveReference,
} from "../../src/names/references.ts";
import { fakeProvider } from "../fake-provider.ts";

const PROVIDERS = [
  fakeProvider("pizzagpt", [], { models: [{ id: "gpt-4o-mini", selectable: false }] }),
  fakeProvider("chatgptfree", [], {
    models: [{ id: "gpt-4o-mini-2024", aliases: ["gpt-4o-mini"] }, { id: "claude" }],
  }),
  fakeProvider("gone", [], {
    models: [{ id: "davinci" }],
    status: { state: "retired", checked: "2024-01-30" },
  }),
  fakeProvider("ollama", [], { models: [] }),
];
const CATALOG = createCatalog(PROVIDERS, {
  fast: ["chatgptfree/claude", "ollama/llama3.2", "chatgptfree/claude"],
  best: "fast",
  claude: "ollama/claude-like",
  tick: ["pizzagpt", "tock"],
  tock: "tick",
});

function resolve(reference?: string): string[] {
  return resolveReference(CATALOG, reference).candidates.map(formatCandidate);
}

function failureOf(reference: string): ChatError {
  try {
    resolve(reference);
  } catch (error) {
    if (error instanceof ChatError) return error;
  }
  return expect.fail(`${reference} was resolved`);
}

test.each([
  ["auto", ["pizzagpt/gpt-4o-mini", "chatgptfree/gpt-4o-mini-2024", "gone/davinci", "ollama"]],
  ["pizzagpt/gpt-4o-mini", ["pizzagpt/gpt-4o-mini"]],
  ["chatgptfree/gpt-4o-mini", ["chatgptfree/gpt-4o-mini-2024"]],
  ["ollama/library/llama3.2:latest", ["ollama/library/llama3.2:latest"]],
  ["gpt-4o-mini", ["pizzagpt/gpt-4o-mini", "chatgptfree/gpt-4o-mini-2024"]],
  ["chatgptfree", ["chatgptfree/gpt-4o-mini-2024"]],
  ["ollama", ["ollama"]],
  ["fast", ["chatgptfree/claude", "ollama/llama3.2"]],
  ["best", ["chatgptfree/claude", "ollama/llama3.2"]],
  ["claude", ["ollama/claude-like"]],
])("%s stands for %j", (reference, candidates) => {
  expect(resolve(reference)).toEqual(candidates);
});

test("an omitted reference is auto", () => {
  expect(resolve()).toEqual(resolve("auto"));
});

test.each([
  ["gone", true],
  ["gone/davinci", true],
  ["davinci", false],
  ["auto", false],
])("%s names a retired provider explicitly: %s", (reference, explicit) => {
  const { candidates } = resolveReference(CATALOG, reference);

  expect(candidates.find(({ provider }) => provider.id === "gone")?.explicit).toBe(explicit);
});

test("each step from a name to its candidates is told", () => {
  expect(resolveReference(CATALOG, "best").steps).toEqual([
    { type: "alias", name: "best", targets: ["fast"] },
    { type: "alias", name: "fast", targets: ["chatgptfree/claude", "ollama/llama3.2", "chatgptfree/claude"] },
    { type: "reference", name: "chatgptfree/claude", targets: ["chatgptfree/claude"] },
    { type: "reference", name: "ollama/llama3.2", targets: ["ollama/llama3.2"] },
    { type: "reference", name: "chatgptfree/claude", targets: ["chatgptfree/claude"] },
  ]);
});

test("an unknown name is an error with the nearest match and what exists", () => {
  const error = failureOf("GPT-4o-mimi");

  expect(error).toMatchObject({ code: "config" });
  expect(error.message).toMatch(
    /^unknown model "GPT-4o-mimi", did you mean "gpt-4o-mini" or "ollama\/GPT-4o-mimi" \(ollama: any model name\); known: gpt-4o-mini, /,
  );
  for (const name of ["auto", "fast", "claude", "davinci", "chatgptfree"])
    expect(error.message).toContain(name);
});

test.each([
  ["pizzagtp/gpt-4o-mini", 'unknown provider "pizzagtp/gpt-4o-mini", did you mean "pizzagpt/gpt-4o-mini"'],
  ["chatgptfree/clod", 'unknown model "chatgptfree/clod", did you mean "chatgptfree/claude"'],
  ["ollama/", 'unknown model "ollama/", did you mean "ollama/..."; known: ollama/...'],
  ["constructor", 'unknown model "constructor", did you mean "ollama/constructor" (ollama: any model name);'],
  ["", 'unknown model "", did you mean "auto"; known: auto, fast,'],
])("%j is never guessed and never passed through", (reference, message) => {
  expect(failureOf(reference).message).toContain(message);
});

test("an unknown name is offered to every provider that takes any", () => {
  const catalog = createCatalog([
    fakeProvider("ollama", [], { models: [] }),
    fakeProvider("vllm", [], { models: [] }),
  ]);

  expect(() => resolveReference(catalog, "llama3.2")).toThrow(
    expect.objectContaining({
      message:
        'unknown model "llama3.2", did you mean "ollama/llama3.2" or "vllm/llama3.2" (ollama, vllm: any model name); known: ollama, vllm, auto',
      fix: 'Ask for "ollama/llama3.2" or "vllm/llama3.2", or for another of the known names.',
    }),
  );
});

test("what is known is listed from the nearest on, and what was left out before it", () => {
  const catalog = createCatalog(
    [fakeProvider("one", [], { models: [{ id: "large" }, { id: "small", aliases: ["smaller"] }] })],
    { tall: "one/large" },
    [{ error: new Error("a is broken") }, { error: new Error("b is broken") }],
  );

  expect(() => resolveReference(catalog, "smal")).toThrow(
    expect.objectContaining({
      message:
        'unknown model "smal", did you mean "small"; left out: a is broken; left out: b is broken; known: small, tall, smaller, auto, one, large',
    }),
  );
  expect(() => resolveReference(catalog, "two/large")).toThrow(
    expect.objectContaining({
      message: expect.stringMatching(/^unknown provider .*; known: one\/large, one\/small$/),
    }),
  );
});

test.each([
  ["smel", true],
  ["smxxl", true],
  ["sxxxl", false],
])("with an open provider, %s was meant for a known name: %s", (name, likely) => {
  const catalog = createCatalog([
    fakeProvider("one", [], { models: [{ id: "small" }] }),
    fakeProvider("ollama", [], { models: [] }),
  ]);

  expect(() => resolveReference(catalog, name)).toThrow(
    `did you mean ${likely ? '"small" or ' : ""}"ollama/${name}" (ollama: any model name)`,
  );
});

test("a candidate that an alias names too is explicit, wherever it stands", () => {
  const gone = PROVIDERS.filter(({ id }) => id === "gone");
  const catalog = createCatalog(gone, { early: ["gone/davinci", "auto"], late: ["auto", "gone/davinci"] });

  for (const name of ["early", "late"])
    expect(resolveReference(catalog, name).candidates).toEqual([
      { provider: gone[0], model: "davinci", explicit: true },
    ]);
  expect(resolveReference(catalog).candidates[0]?.explicit).toBe(false);
});

test("a model that a server listed is found by its plain name", () => {
  const catalog = createCatalog(PROVIDERS, {}, [], ({ id }) =>
    id === "ollama" ? [{ id: "qwen3" }, { id: "llama3.2" }] : [],
  );

  const { candidates, steps } = resolveReference(catalog, "llama3.2");

  expect(candidates).toEqual([{ provider: PROVIDERS[3], model: "llama3.2", explicit: false }]);
  expect(steps).toEqual([{ type: "model", name: "llama3.2", targets: ["ollama/llama3.2"] }]);
});

test("a name of 256 characters is looked up, and a longer one is refused at once", () => {
  const catalog = createCatalog(
    Array.from({ length: 60 }, (_, index) => fakeProvider(`provider-${index}`, [])),
  );
  const long = "x".repeat(3 * 1024 * 1024);
  const refuse = (): number => {
    const started = performance.now();
    expect(() => resolveReference(catalog, long)).toThrow(
      expect.objectContaining({
        code: "bad-request",
        message: "a name has 3145728 characters, expected at most 256",
      }),
    );
    return performance.now() - started;
  };

  // the best of some: reading such a name to its end takes a hundred times as long, however busy the machine
  expect(Math.min(...Array.from({ length: 10 }, refuse))).toBeLessThan(5);
  expect(() => resolveReference(catalog, `provider-0/${"x".repeat(250)}`)).toThrow(
    expect.objectContaining({ code: "bad-request" }),
  );
  expect(() => resolveReference(catalog, "x".repeat(256))).toThrow(
    expect.objectContaining({ code: "config", message: expect.stringContaining("unknown model") }),
  );
});

test.each([["x".repeat(257)], ["fast"]])("an alias of more than 256 characters cannot be: %#", (name) => {
  expect(() => createCatalog([], { [name]: "x".repeat(257) })).toThrow(
    expect.objectContaining({ code: "config", message: expect.stringContaining("257 characters") }),
  );
});

test("a cycle of aliases is an error that shows it", () => {
  expect(failureOf("tick")).toMatchObject({ code: "config" });
  expect(failureOf("tick").message).toBe('alias "tick" leads to "tock" leads to "tick", expected an end');
});

test("what a name stands for is found once, and a name that anybody may make up is not kept", () => {
  const catalog = createCatalog(PROVIDERS);

  expect(resolveReference(catalog, "gpt-4o-mini")).toBe(resolveReference(catalog, "gpt-4o-mini"));
  resolveReference(catalog, "ollama/made-up");
  expect([...catalog.resolved.keys()]).toEqual(["gpt-4o-mini"]);
});

test("without a provider there is nothing to resolve", () => {
  expect(() => resolveReference(createCatalog([]))).toThrow(
    expect.objectContaining({
      code: "config",
      message: "the registry has no provider, expected at least one",
    }),
  );
  const problems = [{ error: new Error("the package is broken") }];
  expect(() => resolveReference(createCatalog([], {}, problems))).toThrow(
    "the registry has no provider, expected at least one; left out: the package is broken",
  );
});

test.each([
  [{ auto: "pizzagpt" }, 'alias "auto" is no name, expected one without "/" and not "auto"'],
  [{ "a/b": "pizzagpt" }, 'alias "a/b" is no name, expected one without "/" and not "auto"'],
  [{ "": "pizzagpt" }, 'alias "" is no name, expected one without "/" and not "auto"'],
  [{ nothing: [] }, 'alias "nothing" leads nowhere, expected at least one reference'],
  [{ "a*b*": "pizzagpt" }, 'alias "a*b*" has several "*", expected one at most'],
])("the aliases %j cannot be", (aliases, message) => {
  expect(() => createCatalog([], aliases as Record<string, string>)).toThrow(
    expect.objectContaining({ code: "config", message }),
  );
});

test.each([
  ["claude-haiku-4-5", ["ollama/small"]],
  ["claude-sonnet-4-5", ["ollama/large"]],
  ["claude-exact", ["ollama/exact"]],
  ["claude", ["chatgptfree/claude"]],
  ["ollama", ["ollama"]],
  ["gpt-5-latest", ["ollama/latest"]],
  ["latest-of-claude", ["chatgptfree/claude"]],
  ["latest-", ["chatgptfree/claude"]],
  ["-latest", ["ollama/latest"]],
])("%s stands for %j where aliases have patterns", (name, candidates) => {
  const catalog = createCatalog(PROVIDERS, {
    "claude-*": "ollama/large",
    "claude-haiku*": "ollama/small",
    "claude-exact": "ollama/exact",
    "*-latest": "ollama/latest",
    "latest-*": ["chatgptfree/claude"],
    "claud*": "ollama/never",
    "olla*": "ollama/never",
  });

  expect(resolveReference(catalog, name).candidates.map(formatCandidate)).toEqual(candidates);
});

test("of the names that fit a pattern none is kept, and a reference and `auto` fit none", () => {
  const catalog = createCatalog(PROVIDERS, { "*": "pizzagpt", "any*any": "pizzagpt" });

  expect(resolveReference(catalog, "one")).toBe(resolveReference(catalog, "other"));
  expect(resolveReference(catalog, "any").steps[0]?.name).toBe("*");
  expect([...catalog.resolved.keys()]).toEqual(["*"]);
  expect(resolveReference(catalog).steps[0]?.type).toBe("auto");
  expect(() => resolveReference(catalog, "nobody/one")).toThrow(/unknown provider/);
});

test("a pattern that leads to a name that fits it again is a cycle", () => {
  const catalog = createCatalog(PROVIDERS, { "claude-*": "claude-large" });

  expect(() => resolveReference(catalog, "claude-small")).toThrow(/alias "claude-\*" leads to "claude-\*"/);
});

test("auto and a model leave out who is absent now, and know at once who came in another's place", () => {
  const there = new Set(["a", "c"]);
  const changing = (id: string) => ({
    ...fakeProvider(id, []),
    absence: () => (there.has(id) ? undefined : { reason: "does not run", askable: true }),
  });
  const catalog = createCatalog([changing("a"), changing("b"), changing("c"), fakeProvider("always", [])]);
  const present = () => resolveReference(catalog).candidates.map(({ provider }) => provider.id);
  expect(present()).toEqual(["a", "c", "always"]);
  expect(resolveReference(catalog)).toBe(resolveReference(catalog));

  there.delete("a");
  there.add("b");
  expect(presentProviders(catalog).map(({ id }) => id)).toEqual(["b", "c", "always"]);
  expect(present()).toEqual(["b", "c", "always"]);

  there.delete("c");
  expect(present()).toEqual(["b", "always"]);
  there.add("a").add("c");
  expect(present()).toEqual(["a", "b", "c", "always"]);
});
