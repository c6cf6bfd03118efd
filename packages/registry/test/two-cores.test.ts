import { execFile } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { installed, manifest, writeFiles } from "./application.ts";

const PACKAGES = fileURLToPath(new URL("../../", import.meta.url));
const LATER = "provider-later/node_modules/@fallthrough/core";

/** Installs a built package as a folder of its own, with this version. */
function install(root: string, name: string, place: string, version: string): void {
  const target = join(root, "node_modules", place);
  const own = JSON.parse(readFileSync(join(PACKAGES, name, "package.json"), "utf8"));
  cpSync(join(PACKAGES, name, "dist"), join(target, "dist"), { recursive: true });
  writeFileSync(join(target, "package.json"), JSON.stringify({ ...own, version }));
  for (const dependency of Object.keys(own.dependencies)) {
    const link = join(root, "node_modules", dependency);
    if (dependency.startsWith("@fallthrough/") || isThere(root, dependency)) continue;
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(PACKAGES, name, "node_modules", dependency), link, "dir");
  }
}

function isThere(root: string, dependency: string): boolean {
  return readdirSync(join(root, "node_modules")).includes(dependency);
}

/** A provider on the core that stands nearest to it; it does what the first word of the question says. */
function providerOf(id: string): string {
  return `
    import { readFileSync } from "node:fs";
    import { ChatError } from "@fallthrough/core";
    import { defineProvider } from "@fallthrough/core/provider";
    const manifest = JSON.parse(readFileSync(new URL("./package.json", import.meta.url), "utf8"));
    globalThis.errors = { ...globalThis.errors, ${id}: ChatError };
    export const createIt = defineProvider({ manifest }, () => ({
      async *stream({ messages, signal }) {
        const words = messages[0].content.split(" ");
        if (words.includes("${id}-fails")) throw new ChatError("rate-limit", "slow down", { retryAfterMs: 60_000 });
        yield { type: "text-delta", delta: "${id} answers" };
        if (words.includes("${id}-breaks")) throw new ChatError("network", "the connection is lost");
        yield { type: "finish", finishReason: "stop" };
      },
    }));
  `;
}

const MAIN = `
  import { ChatError, chat, createChain, createRegistry } from "@fallthrough/registry";
  import { discoverProviders } from "@fallthrough/registry/discover";

  const { providers, problems } = await discoverProviders({ from: import.meta.url });
  const told = { problems: problems.map(({ error }) => error.message) };
  for (const question of ["hello", "earlier-fails", "later-fails", "later-fails earlier-fails", "later-breaks"]) {
    // health is remembered, and each question is to find both well
    const chain = createChain([createChain(providers.toReversed()), ...providers]);
    const registry = createRegistry({ providers: [chain] });
    try {
      const messages = [{ role: "user", content: question }];
      const { text, route } = await registry.chat({ messages }).result();
      told[question] = [text, route.provider, ...route.attempts.map(({ provider, outcome, code }) => [provider, outcome, code].join(" "))];
    } catch (error) {
      const { code, errors, partial, message } = error;
      told[question] = { isChatError: error instanceof ChatError, code, partial, errors: errors?.map((one) => one.code) };
    }
  }
  const { earlier, later } = globalThis.errors;
  told.copies = [earlier === ChatError, later === ChatError, new later("auth", "no") instanceof ChatError, new ChatError("auth", "no") instanceof later];
  const reply = chat(providers.find(({ id }) => id === "later"), { messages: [{ role: "user", content: "hello" }] });
  told.alone = await reply.text();
  console.log(JSON.stringify(told));
`;

test("a chain runs over providers of two versions of core, and knows the errors of both", async () => {
  const root = writeFiles({
    "package.json": { ...manifest("provider-earlier", "provider-later"), type: "module" },
    "main.js": MAIN,
    ...installed("earlier", {}, providerOf("earlier")),
    ...installed("later", {}, providerOf("later")),
  });
  install(root, "core", "@fallthrough/core", "0.1.0");
  install(root, "core", LATER, "0.2.0");
  install(root, "registry", "@fallthrough/registry", "0.1.0");

  const { stdout } = await promisify(execFile)(process.execPath, [join(root, "main.js")]);

  expect(JSON.parse(stdout)).toEqual({
    problems: [],
    hello: ["later answers", "later", "later answered "],
    "earlier-fails": ["later answers", "later", "later answered "],
    "later-fails": ["earlier answers", "earlier", "later failed rate-limit", "earlier answered "],
    "later-fails earlier-fails": expect.objectContaining({
      isChatError: false,
      code: "rate-limit",
      errors: expect.arrayContaining(["rate-limit"]),
    }),
    "later-breaks": {
      isChatError: true,
      code: "interrupted",
      partial: { text: "later answers", reasoning: "", toolCalls: [] },
    },
    copies: [true, false, true, true],
    alone: "later answers",
  });
});
