import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT, readJson } from "./workspace.mjs";

/** Markdown tables of the figures that `npm run weather` wrote last. */
export async function formatHealthTable() {
  const built = pathToFileURL(join(ROOT, "packages/weather/dist/table.js")).href;
  /** @type {typeof import("../packages/weather/src/table.ts")} */
  const { formatReport } = await import(built);
  return formatReport(readJson("docs/health.json"));
}
