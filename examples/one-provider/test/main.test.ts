import { execFile } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startUpstreams, type Upstreams } from "@fallthrough/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";

const EXAMPLE = fileURLToPath(new URL("..", import.meta.url));
const PACKAGES = join(EXAMPLE, "../../packages");

let upstreams: Upstreams;
beforeAll(async () => {
  upstreams = await startUpstreams();
});
afterAll(() => upstreams.close());

async function runExample(directory: string): Promise<string> {
  const env = { ...process.env, PIZZAGPT_URL: upstreams.pizzagpt.baseURL, NO_PROXY: "127.0.0.1" };
  const { stdout } = await promisify(execFile)(process.execPath, ["main.js", "What is new?"], {
    cwd: directory,
    env,
  });
  return stdout;
}

function foundIn(output: string): Set<string | undefined> {
  return new Set([...output.matchAll(/^found ([^/]+)\//gm)].map(([, provider]) => provider));
}

test("the program finds the one provider that is declared, and asks it", { timeout: 30_000 }, async () => {
  const output = await runExample(EXAMPLE);

  expect(foundIn(output)).toEqual(new Set(["pizzagpt"]));
  expect(output).toContain(upstreams.answerTo("What is new?"));
});

test("a second dependency is a second provider, with no change of code", { timeout: 30_000 }, async () => {
  const copy = realpathSync(mkdtempSync(join(tmpdir(), "fallthrough-example-")));
  const manifest = JSON.parse(readFileSync(join(EXAMPLE, "package.json"), "utf8"));
  manifest.dependencies["@fallthrough/provider-fakegpt"] = "*";
  writeFileSync(join(copy, "package.json"), JSON.stringify(manifest));
  copyFileSync(join(EXAMPLE, "main.js"), join(copy, "main.js"));
  mkdirSync(join(copy, "node_modules/@fallthrough"), { recursive: true });
  for (const name of ["registry", "provider-pizzagpt", "provider-fakegpt"]) {
    symlinkSync(join(PACKAGES, name), join(copy, "node_modules/@fallthrough", name), "junction");
  }

  const output = await runExample(copy);

  expect(foundIn(output)).toEqual(new Set(["pizzagpt", "fakegpt"]));
  rmSync(copy, { recursive: true });
});
