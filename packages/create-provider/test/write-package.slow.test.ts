import { execFile } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { discoverProviders } from "@fallthrough/registry/discover";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TEMPLATES } from "../src/templates.ts";
import { writePackage } from "../src/write-package.ts";

const run = promisify(execFile);
const WORKSPACE = fileURLToPath(new URL("../../../", import.meta.url));
const OURS = ["ai-power", "core", "provider-openai", "testkit"];
const TOOLS = ["@types/node", "tsup", "typescript", "vitest"];
/** What only the scaffold knows of. */
const OF_TEMPLATES = ["@types/ws", "ws"];

let workspace: string;

beforeAll(() => {
  workspace = mkdtempSync(join(tmpdir(), "create-provider-"));
  for (const name of OURS) link(join(WORKSPACE, "packages", name), `@fallthrough/${name}`);
  for (const name of TOOLS) link(join(WORKSPACE, "node_modules", name), name);
  const own = join(WORKSPACE, "packages/create-provider/node_modules");
  for (const name of OF_TEMPLATES) link(join(own, name), name);
});
afterAll(() => rmSync(workspace, { recursive: true }));

test.each(Object.keys(TEMPLATES))(
  "a package of the template %s is typed, builds, passes its tests and is discovered",
  { timeout: 120_000 },
  async (template) => {
    const id = `a-${template}-site`;
    const folder = join(workspace, id);

    writePackage({ folder, id, name: "A Site", origin: "https://a-site.example", template });
    const tool = (name: string, ...args: readonly string[]): Promise<unknown> =>
      run(process.execPath, [join(WORKSPACE, "node_modules", name), ...args], {
        cwd: folder,
        env: cleanEnvironment(),
      });
    await tool("typescript/bin/tsc");
    await tool("tsup/dist/cli-default.js", "src/index.ts", "--format", "esm", "--target", "node20", "--dts");
    await tool("vitest/vitest.mjs", "run");

    const { providers, problems } = await discoverProviders({ from: await application(id, folder) });
    expect(problems).toEqual([]);
    expect(providers.map((provider) => provider.id)).toEqual([id]);
    expect(readFileSync(join(folder, "README.md"), "utf8")).not.toMatch(/my-site|My Site|PROTOCOL/);
    expect(existsSync(join(folder, ".gitignore"))).toBe(true);
  },
);

function link(target: string, name: string): void {
  const path = join(workspace, "node_modules", name);
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path);
}

/** An application that declares the package, as the address of a module in it. */
async function application(id: string, folder: string): Promise<string> {
  const name = `fallthrough-provider-${id}`;
  const home = join(workspace, `application-of-${id}`);
  mkdirSync(join(home, "node_modules"), { recursive: true });
  symlinkSync(folder, join(home, "node_modules", name));
  writeFileSync(join(home, "package.json"), JSON.stringify({ dependencies: { [name]: "*" } }));
  return pathToFileURL(join(home, "main.js")).href;
}

function cleanEnvironment(): NodeJS.ProcessEnv {
  const { VITEST: _, NODE_ENV: __, ...environment } = process.env;
  return environment;
}
