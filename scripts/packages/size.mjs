import { lstatSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../workspace.mjs";

const README = join(ROOT, "README.md");
const FIGURE = /(<!-- smallest application -->\n).*(\n<!-- \/smallest application -->)/;
/** Dependencies are installed in their newest release, whose size is not ours to decide. */
const TOLERANCE = 0.1;

/**
 * Number of packages and bytes of what npm installed for an application.
 *
 * @param {string} application
 */
export function measure(application) {
  const modules = join(application, "node_modules");
  const { packages } = JSON.parse(readFileSync(join(modules, ".package-lock.json"), "utf8"));
  const bytes = readdirSync(modules, { recursive: true, encoding: "utf8" })
    .map((name) => lstatSync(join(modules, name)))
    .filter((file) => file.isFile())
    .reduce((sum, { size }) => sum + size, 0);
  return { packages: Object.keys(packages).length, bytes };
}

/**
 * Says in the README how large the smallest application is, or with `check` that this is still said.
 *
 * @param {ReturnType<typeof measure>} measured
 * @param {{ check: boolean }} options
 */
export function recordSize({ packages, bytes }, { check }) {
  const megabytes = bytes / 1e6;
  const text = readFileSync(README, "utf8");
  const line = `The smallest application, the registry and one provider, has ${packages} packages and ${megabytes.toFixed(1)} MB.`;
  if (!check) {
    writeFileSync(
      README,
      text.replace(FIGURE, (_, before, after) => `${before}${line}${after}`),
    );
    return;
  }
  const [, saidPackages, saidMegabytes] = /has (\d+) packages and ([\d.]+) MB/.exec(text) ?? [];
  const near = Math.abs(Number(saidMegabytes) - megabytes) <= megabytes * TOLERANCE;
  if (Number(saidPackages) === packages && near) return;
  throw new Error(`README.md does not say "${line}": run \`npm run test:packages -- --write\``);
}
