import { exportedNames } from "../api.mjs";
import { doors } from "./reference.mjs";

/**
 * The exports of the packages that have no entry in the reference.
 *
 * @param {ReadonlyMap<string, readonly string[]>} written the names of each door
 */
export function referenceProblems(written) {
  return doors().flatMap(({ name, path }) => {
    const names = new Set(written.get(name) ?? []);
    return exportedNames(path)
      .filter((exported) => !names.has(exported))
      .map((exported) => `the reference has no entry for ${exported} of ${name}`);
  });
}
