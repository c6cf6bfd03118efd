import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { baseURLVariable, COMMAND, EXAMPLE, EXAMPLE_NAME } from "./example.mjs";
import { prepare } from "./setup.mjs";

const CONFIG = ["--config", join(EXAMPLE, "sites.config.mjs")];

await prepare({ build: [`${EXAMPLE_NAME}...`] });

console.error(`the prompt goes to one after another until one answers: ${receivers().join(", ")}`);
const child = spawn(process.execPath, [COMMAND, "ask", ...CONFIG, ...process.argv.slice(2)], {
  stdio: "inherit",
});
// Ctrl-C reaches the command too, and its exit code tells how that ended
process.on("SIGINT", () => {});
child.on("close", (code) => {
  process.exitCode = code ?? 1;
});

/** The servers that may be asked, in order. @returns {string[]} */
function receivers() {
  const { stdout } = spawnSync(process.execPath, [COMMAND, "providers", ...CONFIG, "--json"], {
    encoding: "utf8",
  });
  /** @type {readonly import("../packages/core/src/index.ts").ProviderCard[]} */
  const cards = JSON.parse(stdout);
  return cards
    .filter(({ status }) => status.state !== "retired")
    .map(({ id, name, homepage }) => `${name} (${process.env[baseURLVariable(id)] ?? homepage})`);
}
