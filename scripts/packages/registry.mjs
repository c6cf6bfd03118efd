import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { run, verdaccio } from "./tools.mjs";

const START_MS = 60_000;
const LOCAL_NAMES = [
  "@fallthrough/*",
  "fallthrough",
  "fallthrough-*",
  "create-fallthrough-provider",
  "library-with-a-plugin",
];

/**
 * Starts a package registry on loopback that keeps what is published in this folder.
 *
 * It serves our names itself, and all others from the registry that npm is configured with.
 *
 * @param {string} folder
 */
export async function startRegistry(folder) {
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  // JSON is YAML
  writeFileSync(join(folder, "config.yaml"), JSON.stringify(configuration(folder)));
  const child = spawn(
    process.execPath,
    [verdaccio(), "--config", join(folder, "config.yaml"), "--listen", `127.0.0.1:${port}`],
    { cwd: folder, stdio: ["ignore", "ignore", "pipe"] },
  );
  let problems = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    problems += text;
  });
  const close = async () => {
    if (child.exitCode !== null) return;
    child.kill();
    await once(child, "close");
  };

  for (const start = Date.now(); !(await answers(url)); await delay(100)) {
    if (child.exitCode === null && Date.now() - start < START_MS) continue;
    await close();
    throw new Error(`the package registry did not start:\n${problems}`);
  }
  // once: what publishes beside another must not read the file while it is written anew
  writeFileSync(join(folder, ".npmrc"), npmrc(url));
  return { url, close, publish: (/** @type {string} */ tarball) => publish(folder, tarball) };
}

/** The settings with which a package manager asks this registry. @param {string} url */
export function npmrc(url) {
  // anybody may publish, but npm refuses to without a token
  return `registry=${url}\n${url.replace(/^http:/, "")}:_authToken=anybody\n`;
}

/** @param {string} folder */
function configuration(folder) {
  const uplink = spawnSync("npm", ["config", "get", "registry"], { encoding: "utf8" }).stdout.trim();
  const local = { access: "$all", publish: "$all" };
  return {
    storage: join(folder, "storage"),
    // by default it asks a registry that was slow twice no more for five minutes
    uplinks: { configured: { url: uplink, timeout: "2m", max_fails: 100, fail_timeout: "1s" } },
    packages: {
      ...Object.fromEntries(LOCAL_NAMES.map((name) => [name, local])),
      "**": { access: "$all", proxy: "configured" },
    },
    log: { type: "stdout", level: "warn" },
  };
}

/** @param {string} folder @param {string} tarball */
async function publish(folder, tarball) {
  const args = ["publish", tarball, "--provenance=false", "--tag=latest", "--loglevel=error"];
  await run("npm", args, { cwd: folder });
}

/** A port on which nothing listens. @returns {Promise<number>} */
export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address ? address.port : 0;
}

/** @param {string} url */
async function answers(url) {
  const response = await fetch(`${url}-/ping`).catch(() => undefined);
  return response?.ok === true;
}
