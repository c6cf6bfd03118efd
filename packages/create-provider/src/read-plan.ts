import { parseArgs } from "node:util";
import { TEMPLATES } from "./templates.ts";
import type { PackagePlan } from "./write-package.ts";

/** Asks one question; a blank answer means the default. */
export type AskQuestion = (question: string, byDefault: string) => Promise<string>;

/** How the command is called. */
export const USAGE: string = `usage: create-fallthrough-provider <id> [--template <name>] [--origin <url>] [--name <text>] [--folder <path>]

templates:
${Object.entries(TEMPLATES)
  .map(([name, { title }]) => `  ${name.padEnd(10)} ${title}`)
  .join("\n")}
`;

/**
 * The plan that the arguments tell; what they leave open is asked where there is somebody to ask, and has its
 * default elsewhere.
 *
 * @throws for unknown flags, and for a missing id where nobody can be asked
 */
export async function readPlan(
  args: readonly string[],
  ask: AskQuestion = async (_, byDefault) => byDefault,
): Promise<PackagePlan> {
  const text = { type: "string" } as const;
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { template: text, origin: text, name: text, folder: text },
  });
  const id = (positionals[0] ?? (await ask("id of the provider, such as my-site", ""))).replace(
    /^fallthrough-provider-/,
    "",
  );
  if (id === "") throw new Error("no id of a provider was given, expected one such as my-site");
  const words = id.split("-").map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return {
    id,
    template: values.template ?? (await ask(`template (${Object.keys(TEMPLATES).join(", ")})`, "json")),
    origin: values.origin ?? (await ask("origin of the site", `https://${id}.example`)),
    name: values.name ?? (await ask("name that people read", words.join(" "))),
    folder: values.folder ?? id,
  };
}
