import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { ChatProvider, ProviderSettings } from "@fallthrough/core";
import { providerCard } from "@fallthrough/core/internal";
import { equals, holds, matches } from "./check.ts";
import type { ConformanceCase, Kit } from "./kit.ts";
import { type Manifest, nearestManifest } from "./nearest-manifest.ts";
import { ABILITIES, type Ability, declaredMissing } from "./suite.ts";

/** A card has no word for an end marker. */
type Claims = Readonly<Partial<Record<Ability, boolean>>>;

/** What a provider says about itself. */
export const CARD_CASES: readonly ConformanceCase[] = [
  {
    title: "the card has the shape of the contract, and its status is dated",
    async run({ suite }) {
      const provider = suite.create();

      equals(typeof provider.stream, "function", "the type of `stream`");
      // throws for anything that is no card
      providerCard({ fallthrough: provider });
      const { checked } = provider.status;
      holds(
        Date.parse(checked) <= Date.now(),
        `\`status.checked\` is ${checked}, expected a date that is past`,
      );
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

      equals(cardOf(kit.suite.create()), card, "the card of the factory");
      holds(/^[A-Za-z_$][\w$]*$/.test(String(factory)), "`factory` in the manifest names no export");
      const exported = await builtFactory(kit, String(factory));
      if (exported !== undefined) equals(cardOf(exported()), card, "the card of the built factory");
    },
  },
  {
    title: "the settings `id`, `models` and `status` change the card",
    async run({ suite }) {
      const status = { state: "retired", checked: "2020-02-02" } as const;
      const models = [{ id: "model-of-the-suite" }];

      const settings = { id: "id-of-the-suite", models, status };
      matches(suite.create(settings), settings, "the card");
    },
  },
  {
    title: "the card claims no ability that is declared missing",
    async run({ suite }) {
      const { models } = suite.create();
      const missing = declaredMissing(suite);
      const claimed = ABILITIES.filter(
        (ability) =>
          missing.has(ability) &&
          models.some(({ capabilities }) => (capabilities as Claims | undefined)?.[ability] === true),
      );

      equals(claimed, [], "the list of abilities that the card claims and `declare` denies");
    },
  },
  {
    title: "only abilities are declared missing",
    async run({ suite }) {
      const unknown = [...declaredMissing(suite).keys()].filter(
        (name) => !(ABILITIES as readonly string[]).includes(name),
      );
      equals(unknown, [], "what `declare` names and is no ability");
    },
  },
  {
    title: "a protocol without an end marker says why",
    async run({ suite }) {
      const missing = declaredMissing(suite);
      holds(
        !missing.has("endMarker") || missing.get("endMarker") !== undefined,
        '`declare` gives no reason for `endMarker`, expected a text such as { endMarker: "the answer is plain text" }',
      );
    },
  },
];

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
  equals(typeof module[factory], "function", `the type of the export ${factory}, which the manifest names,`);
  return module[factory];
}
