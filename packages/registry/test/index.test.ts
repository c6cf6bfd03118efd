import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { installed, manifest, providerManifest, writeFiles } from "./application.ts";

const DIST = new URL("../dist/", import.meta.url);

/** Writes the URL of every module that is loaded to stderr. */
const TRACER = `
  import { writeSync } from "node:fs";
  export async function load(url, context, next) {
    writeSync(2, url + "\\n");
    return next(url, context);
  }
`;

function listing(from: string): string {
  return `
    import { register } from "node:module";
    register("data:text/javascript,${encodeURIComponent(TRACER)}");
    const { createRegistry } = await import(${JSON.stringify(new URL("index.js", DIST).href)});
    const { discoverProviders } = await import(${JSON.stringify(new URL("discover.js", DIST).href)});
    const { providers } = await discoverProviders({ from: ${JSON.stringify(from)} });
    const registry = createRegistry({ providers });
    await registry.explain();
    console.log(registry.models().map(({ reference }) => reference).join());
  `;
}

test("listing models loads no HTTP client, no HTML parser, no store of several processes and no code of a provider", async () => {
  const root = writeFiles({ "package.json": manifest("provider-a"), ...installed("a") });

  const { stdout, stderr } = await promisify(execFile)(process.execPath, [
    "--input-type=module",
    "-e",
    listing(root),
  ]);

  expect(stdout.trim()).toBe("a/a-model");
  expect(stderr).toContain("/core/dist/index.js");
  expect(stderr).not.toMatch(/undici|cheerio|provider-a|file-store|shared-health/);
});

test("what Plug'n'Play adds to the runtime before the start is seen", async () => {
  const root = writeFiles({
    "package.json": manifest("provider-a"),
    "elsewhere/package.json": providerManifest("a"),
  });
  const script = `
    import nodeModule from "node:module";
    Object.defineProperty(process.versions, "pnp", { value: "3" });
    nodeModule.findPnpApi = () => ({ resolveToUnqualified: () => ${JSON.stringify(`${root}/elsewhere`)} });
    const { discoverProviders } = await import(${JSON.stringify(new URL("discover.js", DIST).href)});
    console.log((await discoverProviders({ from: ${JSON.stringify(root)} })).providers[0].id);
  `;

  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script]);

  expect(stdout.trim()).toBe("a");
});
