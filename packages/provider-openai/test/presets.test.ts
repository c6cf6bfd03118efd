import { readFileSync } from "node:fs";
import type { ProviderSettings } from "@fallthrough/core";
import { providerCard } from "@fallthrough/core/internal";
import { fieldsOf } from "@fallthrough/core/provider";
import { expect, test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import data from "../presets.json" with { type: "json" };
import { createOpenAI, type OpenAISettings } from "../src/index.ts";

/** A preset, as far as its shape matters here. */
interface Preset {
  readonly id: string;
  readonly trainsOnPrompts: string;
  readonly freeTier?: string;
  readonly plan?: string;
  readonly needs: { readonly environment?: readonly string[]; readonly listening?: boolean };
  readonly server: Readonly<Record<string, unknown>> & { readonly baseURL: string };
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly claims: readonly {
    readonly of: readonly string[];
    readonly source: string;
    readonly date: string;
  }[];
}

type Schema = Readonly<Record<string, unknown>>;

const presets = data.presets as readonly Preset[];
const schema: Schema = JSON.parse(readFileSync(new URL("../presets.schema.json", import.meta.url), "utf8"));
/** What is our own choice or the program's own place, and not a claim about somebody. */
const NO_CLAIMS = ["apiKeyEnv", "apiKeyOptional", "status"];

/** What breaks the schema, with its place; of JSON Schema only what this schema uses. */
function breaches(value: unknown, rule: Schema, place = ""): string[] {
  const { $ref, type, pattern, required = [], properties, additionalProperties, items } = rule;
  if (typeof $ref === "string")
    return breaches(value, fieldsOf(fieldsOf(schema["$defs"])[$ref.slice(8)]), place);
  if (Array.isArray(rule["enum"]))
    return rule["enum"].includes(value) ? [] : [`${place}: not one of the words`];
  const kind = Array.isArray(value) ? "array" : typeof value;
  if (kind !== type) return [`${place}: ${kind} in place of ${String(type)}`];
  if (typeof pattern === "string" && !new RegExp(pattern).test(String(value)))
    return [`${place}: ${String(value)}`];
  if (Array.isArray(value))
    return value.flatMap((one, at) => breaches(one, fieldsOf(items), `${place}[${at}]`));
  if (type !== "object") return [];
  const fields = fieldsOf(value);
  const rules = fieldsOf(properties);
  const missing = (required as string[]).filter((name) => !(name in fields));
  const unknown =
    additionalProperties === false ? Object.keys(fields).filter((name) => !(name in rules)) : [];
  return [
    ...[...missing, ...unknown].map((name) => `${place}.${name}: missing or unknown`),
    ...Object.entries(fields).flatMap(([name, one]) =>
      name in rules ? breaches(one, fieldsOf(rules[name]), `${place}.${name}`) : [],
    ),
  ];
}

test("the data keep to their schema, and the schema notices what does not", () => {
  const [first] = presets;

  expect(breaches(data, schema)).toEqual([]);
  expect(breaches({ presets: [{ ...first, baseURL: "x" }] }, schema)).toEqual([
    ".presets[0].baseURL: missing or unknown",
  ]);
});

test.each(presets)("each claim of $id has a source and a date that has been", ({ claims }) => {
  for (const { source, date } of claims) {
    expect(URL.canParse(source)).toBe(true);
    expect(Date.parse(date)).toBeLessThanOrEqual(Date.now());
  }
});

test.each(presets)(
  "each fact about $id is claimed",
  ({ trainsOnPrompts, freeTier, needs, server, settings, claims }) => {
    const facts = Object.keys({ ...server, ...settings }).filter((name) => !NO_CLAIMS.includes(name));
    // prompts for a program on this machine stay on it
    if (trainsOnPrompts !== "unknown" && !needs.listening) facts.push("trainsOnPrompts");
    if (freeTier !== undefined) facts.push("freeTier");
    const claimed = claims.flatMap(({ of }) => of);

    expect(facts.filter((name) => !claimed.includes(name))).toEqual([]);
  },
);

test.each(presets)("the instance $id is made from the data alone", ({ id, server, settings, needs }) => {
  const made = { id, ...server, ...settings } as OpenAISettings & ProviderSettings;
  const places = [...server.baseURL.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name);
  const baseURL = server.baseURL.replace(/\$\{\w+\}/, "https://one.example");

  expect(createOpenAI({ ...made, baseURL })).toMatchObject({
    id,
    models: [],
    status: { state: "unverified" },
  });
  expect(providerCard(manifest, { ...made, baseURL }).id).toBe(id);
  expect(needs.environment ?? []).toEqual(expect.arrayContaining(places));
  expect(needs.environment?.[0]).toBe(server["apiKeyEnv"]);
});

test("an id stands for one preset", () => {
  const ids = presets.map(({ id }) => id);

  expect(new Set(ids).size).toBe(ids.length);
});

test.each(presets)("the limits of $id name the plan that they speak of", ({ plan, server }) => {
  expect(plan === undefined).toBe(server["limits"] === undefined);
});

test.each(["nvidia", "ollama-cloud", "zai"])(
  "services.md §6: %s, which is known to be slow, gets its time in the preset",
  (id) => {
    const { server } = presets.find((preset) => preset.id === id) as Preset;

    expect((server["timeouts"] as { readonly firstChunkMs: number }).firstChunkMs).toBeGreaterThanOrEqual(
      90_000,
    );
  },
);
