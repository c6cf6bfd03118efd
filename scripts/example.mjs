import { join } from "node:path";
import { ROOT } from "./workspace.mjs";

/** The package name of the example application. */
export const EXAMPLE_NAME = "@fallthrough/example-four-providers";
/** The folder of the example application that has all four providers and the command. */
export const EXAMPLE = join(ROOT, "examples/four-providers");
/** The command, as that application has it installed. */
export const COMMAND = join(EXAMPLE, "node_modules/fallthrough/bin/fallthrough.js");

/** The variable that gives a provider's base URL to the example. @param {string} id */
export function baseURLVariable(id) {
  return `${id.toUpperCase()}_URL`;
}

/**
 * The environment that directs the example to stand-ins: nothing goes through a proxy.
 *
 * @param {Readonly<Record<string, { readonly baseURL?: string | undefined }>>} settings
 * @returns {NodeJS.ProcessEnv}
 */
export function applicationEnvironment(settings) {
  const own = Object.entries(process.env).filter(([name]) => !/^(?:https?|all)_proxy$/i.test(name));
  const urls = Object.entries(settings).map(([id, { baseURL }]) => [baseURLVariable(id), baseURL]);
  return Object.fromEntries([...own, ...urls]);
}
