import { expect, expectTypeOf, test } from "vitest";
import { instanceSettings } from "../../src/contract/card.ts";
import type { ProviderCard } from "../../src/contract/contract.ts";
import { providerCard } from "../../src/define/provider-card.ts";
import { thrownBy } from "../providers.ts";

const DECLARED = {
  specificationVersion: 1,
  id: "toy",
  name: "Toy",
  status: { state: "retired", checked: "2025-10-01", note: "gone" },
  models: [{ id: "a", aliases: ["b"], contextWindow: 10, selectable: false, capabilities: { tools: false } }],
};

test("the card holds what the manifest declares and nothing else of it", () => {
  const card = providerCard({
    fallthrough: { ...DECLARED, factory: "createToy", homepage: "https://toy.example" },
  });

  expect(card).toEqual({ ...DECLARED, homepage: "https://toy.example" });
  expectTypeOf(card).toEqualTypeOf<ProviderCard>();
});

test.each([
  ["no object", 1, "`fallthrough`"],
  ["a list", [], "`fallthrough`"],
  ["another version", { ...DECLARED, specificationVersion: 2 }, "`fallthrough.specificationVersion`"],
  ["no id", { ...DECLARED, id: undefined }, "`fallthrough.id`"],
  ["an id in capitals", { ...DECLARED, id: "Toy" }, "`fallthrough.id`"],
  ["an id of 40 characters", { ...DECLARED, id: "a".repeat(40) }, "`fallthrough.id`"],
  ["a blank name", { ...DECLARED, name: " " }, "`fallthrough.name`"],
  ["a homepage that is no text", { ...DECLARED, homepage: 1 }, "`fallthrough.homepage`"],
  [
    "a state that is no text",
    { ...DECLARED, status: { state: 1, checked: "2025-10-01" } },
    "`fallthrough.status.state`",
  ],
  [
    "a date that is none",
    { ...DECLARED, status: { state: "active", checked: "2025-13-41" } },
    "`fallthrough.status.checked`",
  ],
  [
    "a date in words",
    { ...DECLARED, status: { state: "active", checked: "May 2025" } },
    "`fallthrough.status.checked`",
  ],
  ["models that are no list", { ...DECLARED, models: {} }, "`fallthrough.models`"],
  ["a model without id", { ...DECLARED, models: [{}] }, "`fallthrough.models[0].id`"],
  [
    "aliases that are no list",
    { ...DECLARED, models: [{ id: "a", aliases: "b" }] },
    "`fallthrough.models[0].aliases`",
  ],
  [
    "a context window of text",
    { ...DECLARED, models: [{ id: "a", contextWindow: "8k" }] },
    "`fallthrough.models[0].contextWindow`",
  ],
  [
    "a selectable of text",
    { ...DECLARED, models: [{ id: "a", selectable: "no" }] },
    "`fallthrough.models[0].selectable`",
  ],
  [
    "a capability of text",
    { ...DECLARED, models: [{ id: "a", capabilities: { tools: "yes" } }] },
    "`fallthrough.models[0].capabilities.tools`",
  ],
])("%s is a config error that names the field", (_, fallthrough, field) => {
  const error = thrownBy(() => providerCard({ fallthrough }));

  expect(error.code).toBe("config");
  expect(error.message).toContain(`manifest field ${field} is`);
});

test("what a later minor version may declare is not a mistake: a state, a capability, a field", () => {
  const card = providerCard({
    fallthrough: {
      ...DECLARED,
      region: "eu",
      status: { state: "beta", checked: "2026-10-01" },
      models: [{ id: "a", voices: 3, capabilities: { tools: true, audio: "yes" } }],
    },
  });

  expect(card.status).toEqual({ state: "unverified", checked: "2026-10-01" });
  expect(card.models).toEqual([{ id: "a", capabilities: { tools: true } }]);
});

test.each([
  [{ status: { state: "fine", checked: "2026-10-01" } as never }, "setting `status.state`"],
  [
    { models: [{ id: "a", capabilities: { magic: true } }] as never },
    "setting `models[0].capabilities.magic`",
  ],
])("in the settings an unknown name is a mistake: %j", (settings, field) => {
  expect(thrownBy(() => providerCard({ fallthrough: DECLARED }, settings)).message).toContain(field);
});

test("an empty list of models is fine: the server has them", () => {
  expect(providerCard({ fallthrough: { ...DECLARED, models: [] } }).models).toEqual([]);
});

test("the settings go over id, models and status", () => {
  const card = providerCard(
    { fallthrough: DECLARED },
    { id: "mine", models: [{ id: "x" }], status: { state: "active", checked: "2026-01-01" } },
  );

  expect(card).toMatchObject({
    id: "mine",
    models: [{ id: "x" }],
    status: { state: "active", checked: "2026-01-01" },
  });
});

test.each([
  ["id", { id: "No Id" }, "setting `id`"],
  ["models", { models: "gpt" as never }, "setting `models`"],
  ["models", { models: [{}] as never }, "setting `models[0].id`"],
  ["status", { status: {} as never }, "setting `status.state`"],
])("a wrong setting `%s` is a config error that names it", (_, settings, named) => {
  const error = thrownBy(() => providerCard({ fallthrough: DECLARED }, settings));

  expect(error.code).toBe("config");
  expect(error.message).toContain(named);
});

test("a base URL of one's own makes the status unverified, because it speaks of the default origin", () => {
  const card = providerCard({ fallthrough: DECLARED }, { baseURL: "http://127.0.0.1:1" });

  expect(card.status).toMatchObject({ state: "unverified", checked: "2025-10-01" });
});

test("a status in the settings stands even with a base URL of one's own", () => {
  const status = { state: "active", checked: "2026-01-01" } as const;

  const card = providerCard({ fallthrough: DECLARED }, { baseURL: "http://127.0.0.1:1", status });

  expect(card.status).toEqual(status);
});

test("an instance on a server of one's own tells its origin and its path", () => {
  const { origin } = instanceSettings(
    providerCard({ fallthrough: DECLARED }, { baseURL: "http://127.0.0.1:11434/v1" }),
  );

  expect(origin).toBe("http://127.0.0.1:11434/v1");
  expect(instanceSettings(providerCard({ fallthrough: DECLARED })).origin).toBeUndefined();
});

test("timeouts and limits of the instance travel with a spread card and stay out of its JSON", () => {
  const timeouts = { totalMs: 5 };

  const provider = { ...providerCard({ fallthrough: DECLARED }, { timeouts }) };

  expect(instanceSettings(provider).timeouts).toEqual(timeouts);
  expect(JSON.parse(JSON.stringify(provider))).toEqual(DECLARED);
});
