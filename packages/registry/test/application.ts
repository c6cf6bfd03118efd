import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

/** A folder of files, gone when the test is over; an object is written as JSON. */
export function writeFiles(files: Readonly<Record<string, string | object>>): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "application-")));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  }
  return root;
}

/** Makes `link` inside the folder point to `target` inside it. */
export function writeLink(root: string, link: string, target: string): void {
  mkdirSync(dirname(join(root, link)), { recursive: true });
  symlinkSync(join(root, target), join(root, link), "dir");
}

/** The manifest of a provider package. */
export function providerManifest(id: string, fallthrough: object = {}): object {
  return {
    name: `provider-${id}`,
    version: "1.2.3",
    type: "module",
    exports: { ".": { types: "./index.d.ts", default: "./index.js" }, "./package.json": "./package.json" },
    fallthrough: {
      specificationVersion: 1,
      id,
      factory: "createIt",
      name: id.toUpperCase(),
      status: { state: "active", checked: "2026-01-01" },
      models: [{ id: `${id}-model` }],
      ...fallthrough,
    },
  };
}

/** The code of a provider package, which counts its imports and answers with what it was made with. */
export function providerCode(id: string): string {
  return `
    globalThis.imports = [...(globalThis.imports ?? []), ${JSON.stringify(id)}];
    export function createIt(settings) {
      return {
        specificationVersion: 1,
        id: settings?.id ?? ${JSON.stringify(id)},
        name: "It",
        status: { state: "active", checked: "2026-01-01" },
        models: [{ id: "it" }],
        async *stream() {
          yield { type: "text-delta", delta: JSON.stringify(settings ?? "no settings") };
          yield { type: "finish", finishReason: "stop" };
        },
        close: async () => { globalThis.imports.push("closed"); },
      };
    }
  `;
}

/** The files of a provider package that an application has installed. */
export function installed(
  id: string,
  fallthrough?: object,
  code: string = providerCode(id),
): Record<string, string | object> {
  return {
    [`node_modules/provider-${id}/package.json`]: providerManifest(id, fallthrough),
    [`node_modules/provider-${id}/index.js`]: code,
  };
}

/** The manifest of an application with these dependencies. */
export function manifest(...dependencies: readonly string[]): object {
  return { name: "my-app", dependencies: Object.fromEntries(dependencies.map((name) => [name, "*"])) };
}

/** Which packages' code has run, in order. */
export function imports(): readonly string[] {
  return (globalThis as { imports?: string[] }).imports ?? [];
}
