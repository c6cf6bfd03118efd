import { type ChildProcessByStdio, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { vi } from "vitest";

// each test starts processes, and all test files run at once
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

const PACKAGES = fileURLToPath(new URL("../../", import.meta.url));
/** The built command. */
export const COMMAND: string = join(PACKAGES, "cli/dist/bin.js");

/** An application in a folder of its own. */
export interface Application {
  readonly directory: string;
  /** Writes a file of the application. */
  place(path: string, content: string | object): void;
  /** Declares and installs a package made of these files. */
  install(name: string, files: Readonly<Record<string, string | object>>): void;
  remove(): void;
}

/** An application that declares these of our providers and has this configuration. */
export function createApplication(providers: readonly string[], config?: object): Application {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "fallthrough-cli-")));
  const dependencies: Record<string, string> = {};
  const application: Application = {
    directory,
    place(path, content) {
      const file = join(directory, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
    },
    install(name, files) {
      for (const [path, content] of Object.entries(files))
        application.place(`node_modules/${name}/${path}`, content);
      declare(name);
    },
    remove() {
      rmSync(directory, { recursive: true });
    },
  };
  function declare(name: string): void {
    dependencies[name] = "*";
    application.place("package.json", { name: "application", type: "module", dependencies });
  }

  application.place("package.json", { name: "application" });
  mkdirSync(join(directory, "node_modules/@fallthrough"), { recursive: true });
  for (const id of providers) {
    const target = join(PACKAGES, `provider-${id}`);
    symlinkSync(target, join(directory, `node_modules/@fallthrough/provider-${id}`), "junction");
    declare(`@fallthrough/provider-${id}`);
  }
  if (config !== undefined) application.place("fallthrough.config.json", config);
  return application;
}

/** A plugin that throws when it is imported. */
export const BROKEN_PLUGIN: Readonly<Record<string, string | object>> = {
  "package.json": {
    name: "fallthrough-provider-broken",
    version: "1.2.3",
    type: "module",
    exports: { ".": "./index.js", "./package.json": "./package.json" },
    fallthrough: {
      specificationVersion: 1,
      id: "broken",
      factory: "createBroken",
      name: "Broken",
      status: { state: "active", checked: "2026-01-01" },
      models: [{ id: "gpt-4o-mini" }],
    },
  },
  "index.js": 'throw new Error("the plugin is broken");',
};

/** What came of a command. */
export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a command is run. */
export interface RunOptions {
  readonly directory: string;
  /** Piped in; nothing is by default. */
  readonly input?: string | undefined;
  readonly environment?: Readonly<Record<string, string>> | undefined;
}

/** Starts the built command. */
export function startCommand(
  words: readonly string[],
  { directory, environment }: RunOptions,
): ChildProcessByStdio<Writable, Readable, Readable> {
  const own = Object.entries(process.env).filter(([name]) => !/_proxy$/i.test(name));
  return spawn(process.execPath, [COMMAND, ...words], {
    cwd: directory,
    env: { ...Object.fromEntries(own), ...environment },
    stdio: ["pipe", "pipe", "pipe"],
  });
}

/** Runs the built command to its end. */
export function runCommand(words: readonly string[], options: RunOptions): Promise<Run> {
  const child = startCommand(words, options);
  // a command that reads nothing may have closed its end already
  child.stdin.on("error", () => {});
  child.stdin.end(options.input ?? "");
  return finishCommand(child);
}

/** What comes of a command that was started. */
export function finishCommand(child: ReturnType<typeof startCommand>): Promise<Run> {
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}
