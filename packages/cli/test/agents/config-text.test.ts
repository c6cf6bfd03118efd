import { expect, test } from "vitest";
import { CONFIG_TEXTS } from "../../src/agents/config-text.ts";

const { json, toml } = CONFIG_TEXTS;

const JSON_TEXT = `{
  // mine
  "theme": "dark", /* kept */
  "env": { "A": "1" },
}
`;

const TOML_TEXT = `# mine
model = "gpt-5" # kept?
approval_policy = "never"

[model_providers.acme]
name = "Acme" # kept
base_url = "https://acme.example"

[projects."/mine"]
trust_level = "trusted"
`;

test("a value in JSON is set where it belongs, and comments stay", () => {
  const text = json.set(json.set(JSON_TEXT, ["env", "B"], "2"), ["model"], "auto");

  expect(json.get(text, ["env"])).toEqual({ A: "1", B: "2" });
  expect(json.get(text, ["model"])).toBe("auto");
  expect(text).toContain("// mine");
  expect(text).toContain("/* kept */");
});

test("a value that is taken out of JSON takes the objects along that were made for it", () => {
  const made = json.set("{}\n", ["provider", "own", "key"], "x");

  expect(json.get(json.set(made, ["provider", "own", "key"], undefined), [])).toEqual({});
});

test("a value in TOML is set at the top or as a table, and everything else stays", () => {
  const provider = { name: "own", base_url: "http://127.0.0.1/v1" };
  const text = toml.set(toml.set(TOML_TEXT, ["model"], "auto"), ["model_providers", "own"], provider);

  expect(toml.get(text, ["model"])).toBe("auto");
  expect(toml.get(text, ["model_providers", "own"])).toEqual(provider);
  expect(text).toContain('name = "Acme" # kept');
  expect(text.startsWith("# mine\n")).toBe(true);
});

test("a table that stands in the middle is replaced there", () => {
  const text = toml.set(TOML_TEXT, ["model_providers", "acme"], { name: "own" });

  expect(toml.get(text, ["model_providers", "acme"])).toEqual({ name: "own" });
  expect(toml.get(text, ["projects", "/mine", "trust_level"])).toBe("trusted");
  expect(text.indexOf("acme")).toBeLessThan(text.indexOf("projects"));
});

test.each([TOML_TEXT, "", 'a = 1\n[b]\nc = "d"', '[b]\nc = "d"\n'])(
  "what is set in TOML is taken out again: %j",
  (before) => {
    const added = toml.set(toml.set(before, ["extra"], "x"), ["tables", "own"], { key: "y" });
    const after = toml.set(toml.set(added, ["extra"], undefined), ["tables", "own"], undefined);

    expect(after.trim()).toBe(before.trim());
  },
);

test("a value that is there already changes nothing", () => {
  expect(json.set(JSON_TEXT, ["theme"], "dark")).toBe(JSON_TEXT);
  expect(
    toml.set(TOML_TEXT, ["model_providers", "acme"], { name: "Acme", base_url: "https://acme.example" }),
  ).toBe(TOML_TEXT);
});

test.each([
  [
    "lines of a longer text that look like a table",
    'text = """\n[own.table]\nkey = 1\n"""\n',
    ["own", "table"],
    { key: 2 },
  ],
  ["a line of a longer text that looks like the value", 'text = """\nmodel = 1\n"""\n', ["model"], "auto"],
  ["a table that is written as a value", "own = { table = { key = 1 } }\n", ["own", "table"], { key: 2 }],
])("%s: the value is set right, or the text is refused", (_, text, path, value) => {
  let changed: string | undefined;
  try {
    changed = toml.set(text, path, value);
  } catch (error) {
    expect(error).toMatchObject({
      code: "config",
      message: expect.stringContaining("cannot be changed safely"),
    });
  }
  if (changed === undefined) return;
  expect(toml.get(changed, path)).toEqual(value);
  expect(toml.get(changed, ["text"])).toEqual(toml.get(text, ["text"]));
});

test.each(["[1]", "{", '{"a": }', "text"])("%j is no JSON object, and is left alone", (text) => {
  expect(() => json.set(text, ["a"], 1)).toThrow("expected one");
});

test("what is no TOML is left alone", () => {
  expect(() => toml.set("a = = b", ["a"], 1)).toThrow("is not TOML");
});
