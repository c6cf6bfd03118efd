import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CHAT_ERROR_CODES, ChatError, chat } from "../packages/core/src/index.ts";
import { createOpenAI } from "../packages/provider-openai/src/index.ts";
import { discoverProviders } from "../packages/registry/src/discover.ts";
import { createRegistry } from "../packages/registry/src/index.ts";
import { ROOT } from "../scripts/workspace.mjs";

const page = readFileSync(join(ROOT, "docs/errors.md"), "utf8");
const open = createOpenAI({ id: "a", baseURL: "http://127.0.0.1:9/v1" });
const keyed = createOpenAI({ id: "b", apiKeyEnv: "NO_SUCH_KEY" });
const messages = [{ role: "user", content: "hi" }] as const;

/** Ways in which an application is wrong, each by another door. */
const MISTAKES: Readonly<Record<string, () => unknown>> = {
  "a setting that nobody knows": () => createOpenAI({ baseUrl: "http://127.0.0.1" } as never),
  "an option that nobody knows": () => createRegistry({ provider: [] } as never),
  "two providers of one id": () => createRegistry({ providers: [open, open] }),
  "an alias that leads nowhere": () => createRegistry({ providers: [open], aliases: { fast: [] } }),
  "a server without an address": () => createRegistry({ servers: { mine: {} } }),
  "a name that stands for nothing": () => createRegistry({ providers: [keyed] }).resolve("b9"),
  "a registry without a provider": () => createRegistry({ providers: [] }).resolve(),
  "a folder without an application": () => discoverProviders({ from: "/" }),
  "a key that is not set": () => chat(keyed, { model: "x", messages: [...messages] }).text(),
};

async function failureOf(act: () => unknown): Promise<unknown> {
  try {
    return await act();
  } catch (error) {
    return error;
  }
}

test.each(CHAT_ERROR_CODES)(
  "the page of errors has a heading for %s, where `help` leads, with its fix",
  (code) => {
    const { help, fix } = new ChatError(code, "x");
    const section = page.split(/^### /m).find((one) => one.startsWith(`${help.split("#")[1]}\n`));

    expect(section).toContain(fix);
  },
);

test.each(Object.entries(MISTAKES))("%s is a config error that says what to do", async (_, act) => {
  const error = await failureOf(act);

  expect(error).toBeInstanceOf(ChatError);
  const { code, fix, help } = error as ChatError;
  expect(code).toBe("config");
  expect(fix).toMatch(/^[A-Z`].+\.$/);
  expect(help).toMatch(/\/errors#config$/);
});
