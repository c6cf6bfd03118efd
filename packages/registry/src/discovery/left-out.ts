import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { ChatError } from "@fallthrough/core";
import { amendError, nearestName } from "@fallthrough/core/internal";
import { quote } from "@fallthrough/core/provider";
import type { FoundApplication } from "./declared-packages.ts";
import type { Manifest } from "./manifests.ts";

/** A package that was left out, or a key of the settings that belongs to nobody. */
export interface DiscoveryProblem {
  /** The name of the package, or the key of the settings. */
  readonly package: string;
  /** The folder of the package, where it has one. */
  readonly path?: string | undefined;
  /** What is wrong with the package. */
  readonly error: ChatError;
}

/** The lists of names that discovery is given. */
export interface NameLists {
  /** The ids of the providers to ask first; the others follow as declared. */
  readonly order?: readonly string[] | undefined;
  /** The ids or packages that are accepted. @default all */
  readonly allow?: readonly string[] | undefined;
  /** The ids or packages that are left out, even when they are allowed. */
  readonly deny?: readonly string[] | undefined;
}

/** What every package of providers is called. */
const PROVIDER_NAME = /(?:^|\/)fallthrough-provider-|^@fallthrough\/provider-/;

/** What is wrong with a package, said of it by its name. */
export function packageProblem(name: string, file: string | undefined, error: unknown): DiscoveryProblem {
  const subject = `package ${quote(name)}`;
  return {
    package: name,
    ...(file === undefined ? {} : { path: dirname(file) }),
    error:
      error instanceof ChatError
        ? amendError(error, { message: `${subject}: ${error.message}` })
        : new ChatError("contract", `${subject}: the manifest could not be read as JSON`, { cause: error }),
  };
}

/** A package without the manifest of a provider, though it is called like one; @throws `contract` */
export function checkIsNone(name: string, { keywords }: Manifest): void {
  const isMeant = Array.isArray(keywords) && keywords.includes("fallthrough-provider");
  if (isMeant || PROVIDER_NAME.test(name))
    throw new ChatError("contract", "offers no provider, expected the field `fallthrough` in its manifest");
}

/** Names in lists of the configuration that match no provider. */
export function unknownNames(
  { order = [], allow = [], deny = [] }: NameLists,
  names: ReadonlySet<string>,
  unread: boolean,
): readonly DiscoveryProblem[] {
  const known = [...names];
  return Object.entries({ order, allow, deny }).flatMap(([list, entries]) =>
    entries.flatMap((entry) => {
      const nearest = names.has(entry) ? undefined : nearestName(entry, known);
      // a package that was not read may be the one that it is for
      if (names.has(entry) || (unread && nearest === undefined)) return [];
      const expected =
        nearest === undefined ? "the id of a provider or the name of its package" : quote(nearest);
      const message = `\`${list}\` names ${quote(entry)}, which is no provider, expected ${expected}`;
      return [{ package: entry, error: new ChatError("config", message) }];
    }),
  );
}

/** Settings of a name that is a server's, whose own settings are the only ones. */
export function settingsOfServer(key: string): DiscoveryProblem {
  const message = `settings for ${quote(key)} are not used, because a server has that name, expected them in \`servers.${key}\``;
  return { package: key, error: new ChatError("config", message) };
}

/** Settings that are for no provider. */
export function unclaimedSettings(
  key: string,
  ids: readonly string[],
  makesServer: boolean,
): DiscoveryProblem {
  const nearest = nearestName(key, ids);
  const others = nearest === undefined ? `one of ${ids.join(", ") || "none"}` : quote(nearest);
  const message = makesServer
    ? `settings for ${quote(key)} belong to no provider and make a server of that name, expected them in \`servers\`${nearest === undefined ? "" : `, or ${others}`}`
    : `settings for ${quote(key)} belong to no provider, expected ${others}`;
  return { package: key, error: new ChatError("config", message) };
}

/** An application that declares no provider. */
export function nothingDeclared({ file, manifest, owner }: FoundApplication): DiscoveryProblem {
  const workspaces = "workspaces" in manifest || existsSync(join(dirname(file), "pnpm-workspace.yaml"));
  const advice = workspaces
    ? "it is the root of a workspace: name the folder of the application in `from`"
    : "install one, for example with `npm install @fallthrough/provider-openai`";
  const message = `${file} declares no provider, ${advice}`;
  const fix = workspaces
    ? "Name the folder of an application in `from`, or run the command there."
    : "Run `npm install @fallthrough/provider-openai`.";
  return { package: owner, path: dirname(file), error: new ChatError("config", message, { fix }) };
}

/** An application whose lists leave nobody. */
export function nobodyAccepted({ file, owner }: FoundApplication, count: number): DiscoveryProblem {
  const message = `no provider is left of ${count} that ${owner} declares, expected fewer in \`deny\` or more in \`allow\``;
  return { package: owner, path: dirname(file), error: new ChatError("config", message) };
}

/** A folder without an application; @throws `config` that says how to begin one */
export function noApplication(folder: string): ChatError {
  const advice = "`npm init -y && npm install @fallthrough/provider-openai`";
  return new ChatError("config", `found no package.json in ${folder} or above, expected one: ${advice}`, {
    fix: `Run ${advice} in the folder of the application.`,
  });
}
