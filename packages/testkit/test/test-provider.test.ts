import { afterEach, expect, test, vi } from "vitest";

afterEach(() => {
  vi.unstubAllEnvs();
  vi.resetModules();
});

test("outside of vitest the suite says where it runs", async () => {
  vi.stubEnv("VITEST", undefined);
  vi.resetModules();

  const { testProvider } = await import("../src/test-provider.ts");

  expect(() => testProvider({} as never)).toThrow("outside of vitest");
});
