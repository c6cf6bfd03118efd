import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../workspace.mjs";
import { freePort } from "./registry.mjs";
import { run, runInstall } from "./tools.mjs";

const HEADING = "## From nothing to an answer through curl in three commands";
const README_FILES = ["README.md", "packages/gateway/README.md"];
/** Whatever else runs on this machine, or has a key in the environment, stays unasked. */
const ORDER = ["ollama"];
const KEYS = /_API_KEY$/;

/**
 * Types what the README promises into an empty folder, and asserts that a server on this machine answers.
 *
 * @param {import("./layouts.mjs").Place} place
 * @param {import("./applications.mjs").StandIns & { readonly local: string }} standIns
 */
export async function tryQuickStart(place, { answers, local }) {
  const [commands = [], ...copies] = README_FILES.map(readCommands);
  for (const copy of copies) assert.deepEqual(copy, commands, "each README promises the same");
  assert.equal(commands.length, 3);
  const port = await freePort();
  const [install = "", serve = "", ask = ""] = commands.map((command) =>
    command.replaceAll("8787", `${port}`),
  );
  const cwd = place.application;
  const env = Object.fromEntries(Object.entries(place.env).filter(([name]) => !KEYS.test(name)));

  await runInstall("sh", ["-c", install], { cwd, env });
  const configuration = { order: ORDER, settings: { ollama: { baseURL: local } } };
  writeFileSync(join(cwd, "fallthrough.config.json"), JSON.stringify(configuration));
  const stop = await start(serve.replace("serve", `serve --port ${port}`), { cwd, env });
  try {
    const answer = JSON.parse(await run("sh", ["-c", ask], { cwd, env }));
    assert.equal(answer.choices[0].message.content, answers["pizzagpt"]);
    assert.match(answer.model, /^ollama\//);
  } finally {
    await stop();
  }
}

/** The commands below the heading; one may have several lines. @param {string} file */
function readCommands(file) {
  const text = readFileSync(join(ROOT, file), "utf8");
  const [, block = ""] = text.slice(text.indexOf(HEADING)).match(/```sh\n([\s\S]*?)\n```/) ?? [];
  return block.split(/(?<!\\)\n/);
}

/**
 * Starts a server in the background as a shell does; gives how to stop it once it has told where it listens.
 *
 * @param {string} command
 * @param {{ cwd: string, env: NodeJS.ProcessEnv }} options
 */
async function start(command, options) {
  // a process group of its own, because the shell is gone before the server is
  const child = spawn("sh", ["-c", `exec 2>&1; ${command}`], {
    ...options,
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const closed = once(child, "close");
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    output += text;
  });
  while (!output.includes("base URL: ")) {
    await Promise.race([
      once(child.stdout, "data"),
      closed.then(() => assert.fail(`${command} ended:\n${output}`)),
    ]);
  }
  return async () => {
    process.kill(-(child.pid ?? 0), "SIGTERM");
    await closed;
  };
}
