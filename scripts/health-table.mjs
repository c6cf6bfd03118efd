import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT, readJson } from "./workspace.mjs";

/** Markdown tables of the figures that `npm run weather` wrote last. */
export async function formatHealthTable() {
  const { formatReport } = await tables();
  return formatReport(readJson("docs/health.json"));
}

/** A Markdown table of the figures that `npm run weather -- --redis` wrote last. */
export async function formatFleetTable() {
  const { formatFleet } = await tables();
  return formatFleet(readJson("docs/fleet.json"));
}

/** @returns {Promise<typeof import("../packages/weather/src/table.ts")>} */
function tables() {
  return import(pathToFileURL(join(ROOT, "packages/weather/dist/table.js")).href);
}
