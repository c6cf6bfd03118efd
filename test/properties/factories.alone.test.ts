import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { checkErrors, clearOutcome } from "../../packages/core/test/properties/outcome.ts";
import { TRIALS_MS, trials } from "../../packages/core/test/properties/trials.ts";
import { spoil, spoiling } from "../../packages/core/test/properties/wild-values.ts";

const PACKAGES = new URL("../../packages/", import.meta.url);

/** What every provider that speaks HTTP takes. */
function settings() {
  return {
    id: "mine",
    baseURL: "http://127.0.0.1:9/base",
    insecureHttp: true,
    headers: { "x-one": "1" },
    cookies: { session: "s" },
    proxy: false,
    models: [{ id: "m", aliases: ["n"], contextWindow: 10, selectable: true, capabilities: { tools: true } }],
    status: { state: "active", checked: "2026-01-01", note: "n" },
    timeouts: { connectMs: 1, firstChunkMs: 1, chunkMs: 1, totalMs: 1 },
    limits: {
      jsonBytes: 1,
      streamBytes: 1,
      eventBytes: 1,
      headerBytes: 1,
      pageBytes: 1,
      errorBytes: 1,
      jsonDepth: 1,
    },
  };
}

type Factory = (settings: unknown) => { close?(): Promise<void> };

const factories = await Promise.all(
  readdirSync(PACKAGES)
    .filter((folder) => folder.startsWith("provider-"))
    .map(async (folder) => {
      const exported: Record<string, unknown> = await import(
        new URL(`${folder}/src/index.ts`, PACKAGES).href
      );
      return Object.entries(exported).filter(([name]) => /^create[A-Z]/.test(name)) as [string, Factory][];
    }),
);

test.each(factories.flat())(
  "%s makes an instance of whatever settings it gets, or names the setting",
  async (_, create) => {
    const known = new Set<string>();
    await checkErrors(
      spoiling,
      async (given) => {
        const { value, path } = spoil(settings(), given);

        const outcome = await clearOutcome(() => create(value).close?.());

        if (outcome.code === undefined) return;
        expect(outcome.code).toBe("config");
        expect(outcome.message).toContain(path[0] ?? "setting");
        known.add(outcome.message);
      },
      trials(250),
    );
    expect(known.size).toBeGreaterThan(10);
  },
  TRIALS_MS,
);
