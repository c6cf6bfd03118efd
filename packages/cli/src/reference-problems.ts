import { ChatError } from "@fallthrough/core";
import { nearestName } from "@fallthrough/core/internal";
import { quote } from "@fallthrough/core/provider";
import type { Registry } from "@fallthrough/registry";
import type { DiscoveredProvider, DiscoveryProblem } from "@fallthrough/registry/discover";
import { parseLogForm } from "./call-log.ts";
import type { Config } from "./config.ts";

/** What the configuration says of names and of the gateway, and what cannot be as it says. */
export async function referenceProblems(
  registry: Registry,
  { serve }: Config,
): Promise<readonly DiscoveryProblem[]> {
  const aliases = Object.entries<readonly string[]>(registry.aliases()).flatMap(([name, targets]) =>
    targets.flatMap((target) => problemOf(registry, `alias ${quote(name)}`, target)),
  );
  if (serve === undefined) return aliases;
  const grants = Object.entries(Object(serve.tokens)).flatMap(([name, grant]) => {
    const { models = [] } = Object(grant) as { readonly models?: readonly string[] };
    const subject = `key \`serve.tokens.${name}.models\``;
    const names = Array.isArray(models) ? models.map(String).flatMap((one) => fixedPart(registry, one)) : [];
    return names.flatMap((model) => problemOf(registry, subject, model));
  });
  return [...aliases, ...grants, ...(await serveProblems(serve))];
}

/** What can be known of a name or a pattern now: whatever its star stands for, a server may list later. */
function fixedPart(registry: Registry, name: string): readonly string[] {
  if (!name.includes("*")) return [name];
  const [provider = "", ...rest] = name.split("/");
  const isOfModels = registry.models().some(({ model }) => model.id.startsWith(`${provider}/`));
  return rest.length === 0 || provider.includes("*") || isOfModels ? [] : [provider];
}

/**
 * What the providers that the configuration sets up say of their settings.
 *
 * A call would tell it too, but not of a provider that it does not reach, because another one answers or its key is
 * missing.
 */
export async function settingsProblems(
  providers: readonly DiscoveredProvider[],
  { settings = {} }: Config,
): Promise<readonly DiscoveryProblem[]> {
  const set = providers.filter(({ id, source }) => source.server || Object.hasOwn(settings, id));
  const problems = set.map(async (provider) => {
    try {
      await provider.load();
      return [];
    } catch (error) {
      // a package that is broken is told where it is asked
      const isWrong = error instanceof ChatError && error.code === "config";
      return isWrong ? [{ package: provider.source.package, error }] : [];
    }
  });
  return (await Promise.all(problems)).flat();
}

async function serveProblems({
  log = "text",
  ...options
}: Config["serve"] & object): Promise<readonly DiscoveryProblem[]> {
  // few commands need the gateway, and fewer configurations speak of it
  const { resolveServerOptions } = await import("@fallthrough/gateway");
  try {
    parseLogForm(log);
    resolveServerOptions(options);
    return [];
  } catch (error) {
    return [told("serve", `key \`serve\`: ${messageOf(error)}`)];
  }
}

/** Why this reference is unknown; only servers that take any model know further names. */
function problemOf(registry: Registry, subject: string, reference: string): readonly DiscoveryProblem[] {
  try {
    registry.resolve(reference);
    return [];
  } catch (error) {
    const { message } = error as Error;
    const isOpen = !reference.includes("/") && registry.providers().some(({ models }) => models.length === 0);
    if (!isOpen) return [told(reference, `${subject}: ${message}`)];
    const nearest = nearestName(reference, namesOf(registry));
    if (nearest === undefined) return [];
    const problem = `${subject}: ${quote(reference)} is no name that is known, expected ${quote(nearest)}, or a model that a server has`;
    return [told(reference, problem)];
  }
}

/** Every known name, without asking a server. */
function namesOf(registry: Registry): readonly string[] {
  const present = registry.providers();
  const models = present.flatMap((provider) =>
    provider.models.flatMap(({ id, aliases = [] }) => [id, ...aliases]),
  );
  const ids = [...present, ...registry.absent().map(({ provider }) => provider)].map(({ id }) => id);
  return [...new Set(["auto", ...Object.keys(registry.aliases()), ...models, ...ids])];
}

function told(name: string, message: string): DiscoveryProblem {
  return { package: name, error: new ChatError("config", message) };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
