import { expect, test } from "vitest";
import { formatProviderModule, type OfferedProvider } from "../src/format-provider-module.ts";

const PROVIDER: OfferedProvider = { id: "a", models: [], package: "package-a", factory: "create" };

test("two packages that export one name are told apart", () => {
  const text = formatProviderModule([PROVIDER, { ...PROVIDER, id: "b", package: "package-b" }], {});

  expect(text).toContain(
    'import { create } from "package-a";\nimport { create as create_2 } from "package-b";\n',
  );
  expect(text).toContain('    create(settings["a"]),\n    create_2(settings["b"]),\n');
});

test("a manifest cannot write code", () => {
  const models = [{ id: 'x"; process.exit()' }];

  expect(formatProviderModule([{ ...PROVIDER, models }], {})).toContain('| "x\\"; process.exit()"');
  expect(() => formatProviderModule([{ ...PROVIDER, factory: "create } from 'fs'; //" }], {})).toThrow(
    /factory/,
  );
});

test("an application without providers has a module too", () => {
  expect(formatProviderModule([], {})).toContain('export type InstalledModel =\n  | "auto";');
});

test("a pattern among the aliases is the type of every name that fits it", () => {
  const text = formatProviderModule([PROVIDER], { "claude-*": ["auto"], "`*": ["auto"] });

  expect(text).toContain(["claude-", "\\`", "a/"].map((start) => `  | \`${start}$\{string}\``).join("\n"));
});
