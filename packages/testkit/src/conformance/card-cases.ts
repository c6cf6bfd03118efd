import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { ChatProvider, ProviderSettings } from "@fallthrough/core";
import { providerCard } from "@fallthrough/core/internal";
import { expect } from "vitest";
import type { ConformanceCase, Kit } from "./kit.ts";
import { ABILITIES, declaredMissing } from "./suite.ts";

interface Manifest {
  readonly name?: string | undefined;
  readonly keywords?: readonly string[] | undefined;
  readonly exports?: Readonly<Record<string, unknown>> | undefined;
  readonly fallthrough?: unknown;
}

/** What a provider says about itself. */
export const CARD_CASES: readonly ConformanceCase[] = [
  {
    title: "the card has the shape of the contract, and its status is dated",
    async run({ suite }) {
      const provider = suite.create();

      expect(provider.stream).toBeTypeOf("function");
      // throws for anything that is no card
      providerCard({ fallthrough: provider });
      expect(Date.parse(provider.status.checked)).toBeLessThanOrEqual(Date.now());
      await provider.close?.();
    },
  },
  {
    title: "the manifest's card is what the factory returns",
    async run(kit) {
      const manifest = kit.suite.manifest ?? nearestManifest(kit.testFile);
      if (!isPlugin(manifest)) return;
      const card = providerCard({ fallthrough: manifest.fallthrough });
      const { factory } = manifest.fallthrough as { readonly factory?: unknown };

      expect(cardOf(kit.suite.create())).toEqual(card);
      expect(factory).toMatch(/^[A-Za-z_$][\w$]*$/);
      const exported = await builtFactory(kit, String(factory));
      if (exported !== undefined) expect(cardOf(exported())).toEqual(card);
    },
  },
  {
    title: "the settings `id`, `models` and `status` change the card",
    async run({ suite }) {
      const status = { state: "retired", checked: "2020-02-02" } as const;
      const models = [{ id: "model-of-the-suite" }];

      expect(suite.create({ id: "id-of-the-suite", models, status })).toMatchObject({
        id: "id-of-the-suite",
        models,
        status,
      });
    },
  },
  {
    title: "only abilities are declared missing",
    async run({ suite }) {
      expect(ABILITIES).toEqual(expect.arrayContaining([...declaredMissing(suite)]));
    },
  },
];

function nearestManifest(testFile: string): Manifest {
  for (let folder = dirname(testFile); ; folder = dirname(folder)) {
    const file = join(folder, "package.json");
    if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8"));
    if (folder === dirname(folder)) return {};
  }
}

/** A provider that an application keeps for itself has no card in its manifest. */
function isPlugin({ keywords, fallthrough }: Manifest): boolean {
  return fallthrough !== undefined || (keywords ?? []).includes("fallthrough-provider");
}

function cardOf({ specificationVersion, id, name, homepage, status, models }: ChatProvider): object {
  const optional = homepage === undefined ? {} : { homepage };
  return { specificationVersion, id, name, ...optional, status, models };
}

/** The factory as an application gets it; undefined where the package is not built. */
async function builtFactory(
  { suite, testFile }: Kit,
  factory: string,
): Promise<((settings?: ProviderSettings) => ChatProvider) | undefined> {
  if (suite.manifest !== undefined) return undefined;
  let folder = dirname(testFile);
  while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
  const entry = nearestManifest(testFile).exports?.["."] as
    | { readonly default?: string }
    | string
    | undefined;
  const path = typeof entry === "string" ? entry : entry?.default;
  if (path === undefined || !existsSync(join(folder, path))) return undefined;
  const module = await import(/* @vite-ignore */ pathToFileURL(join(folder, path)).href);
  expect(module[factory], `the export ${factory} that the manifest names`).toBeTypeOf("function");
  return module[factory];
}
