import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, expect, test, vi } from "vitest";
import { locateManifest, resolveEntry } from "../../src/discovery/manifests.ts";
import { installed, manifest, writeFiles } from "../application.ts";

const newer = vi.hoisted(() => ({ findPackageJSON: undefined as unknown, findPnpApi: undefined as unknown }));

vi.mock("node:module", () => ({ default: newer }));

afterEach(() => {
  newer.findPackageJSON = undefined;
  newer.findPnpApi = undefined;
  Reflect.deleteProperty(process.versions, "pnp");
});

function setUp() {
  const root = writeFiles({
    "package.json": manifest("provider-a"),
    ...installed("a"),
    "elsewhere/package.json": {},
  });
  return { root, application: join(root, "package.json"), elsewhere: join(root, "elsewhere/package.json") };
}

test("without help of the runtime the folders above the application are walked", () => {
  const { root, application } = setUp();

  expect(locateManifest("provider-a", application)).toBe(join(root, "node_modules/provider-a/package.json"));
  expect(locateManifest("provider-missing", application)).toBeUndefined();
});

test("Node's own search is asked first, from the application", () => {
  const { root, application, elsewhere } = setUp();
  newer.findPackageJSON = (name: string, base: URL) => {
    expect(base.href).toBe(pathToFileURL(application).href);
    if (name === "provider-found") return elsewhere;
    throw Object.assign(new Error("not found"), { code: "ERR_MODULE_NOT_FOUND" });
  };

  expect(locateManifest("provider-found", application)).toBe(elsewhere);
  expect(locateManifest("provider-a", application)).toBe(join(root, "node_modules/provider-a/package.json"));
});

test("under Plug'n'Play its table alone decides", () => {
  const { root, application } = setUp();
  Object.defineProperty(process.versions, "pnp", { value: "3", configurable: true });
  newer.findPnpApi = (issuer: string) => ({
    resolveToUnqualified(name: string, from: string, options: object) {
      expect([issuer, from, options]).toEqual([application, application, { considerBuiltins: false }]);
      if (name === "provider-builtin") return null;
      if (name !== "provider-zipped") throw new Error("not declared");
      return join(root, "elsewhere");
    },
  });

  expect(locateManifest("provider-zipped", application)).toBe(join(root, "elsewhere", "package.json"));
  expect(locateManifest("provider-builtin", application)).toBeUndefined();
  expect(locateManifest("provider-a", application)).toBeUndefined();
});

test.each([
  [{}, "index.js"],
  [{ main: "lib/main.js" }, "lib/main.js"],
  [{ exports: "./a.js", main: "lib/main.js" }, "a.js"],
  [{ exports: { ".": "./a.js" } }, "a.js"],
  [
    { exports: { ".": { types: "./a.d.ts", require: "./a.cjs", import: "./a.js", default: "./b.js" } } },
    "a.js",
  ],
  [{ exports: { import: { node: "./node.js", default: "./any.js" } } }, "node.js"],
  [{ exports: [{ browser: "./browser.js" }, "./a.js"] }, "a.js"],
  [{ exports: { ".": { require: "./a.cjs" } } }, undefined],
  [{ exports: { ".": null } }, undefined],
])("the module of a package with %j is %s", (fields, entry) => {
  const { root } = setUp();

  expect(resolveEntry(fields, root)).toBe(entry && pathToFileURL(join(root, entry)).href);
});
