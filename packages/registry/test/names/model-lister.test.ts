import type { ChatProvider, ModelCard } from "@fallthrough/core";
import { expect, test, vi } from "vitest";
import { createModelLister } from "../../src/names/model-lister.ts";
import { fakeProvider } from "../fake-provider.ts";

function listing(id: string, listModels: NonNullable<ChatProvider["listModels"]>): ChatProvider {
  return { ...fakeProvider(id, []), listModels };
}

async function references(providers: readonly ChatProvider[]): Promise<readonly string[]> {
  return (await createModelLister(() => providers).list()).map(({ reference }) => reference);
}

test("the servers' models are listed in the order of the providers, and a card stands for who lists none", async () => {
  const slow = listing("slow", async () => {
    await new Promise(setImmediate);
    return [{ id: "a" }, { id: "b" }];
  });

  expect(await references([slow, fakeProvider("card", [])])).toEqual(["slow/a", "slow/b", "card/card-model"]);
});

test.each([
  ["rejects", () => Promise.reject(new Error("down"))],
  [
    "throws",
    () => {
      throw new Error("down");
    },
  ],
])("a server whose listing %s is listed by its card", async (_, listModels) => {
  expect(await references([listing("down", listModels)])).toEqual(["down/down-model"]);
});

test("a provider that hangs is not waited for", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  const timeout = vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error("too late")), ms);
    return controller.signal;
  });
  const listed = references([listing("hangs", () => new Promise<ModelCard[]>(() => {}))]);

  await vi.advanceTimersByTimeAsync(5_000);

  expect(await listed).toEqual(["hangs/hangs-model"]);
  timeout.mockRestore();
  vi.useRealTimers();
});

test("an abort of the caller ends the listing with its reason", async () => {
  const controller = new AbortController();
  const lister = createModelLister(() => [listing("hangs", () => new Promise<ModelCard[]>(() => {}))]);
  const listed = lister.list({ signal: controller.signal });

  controller.abort("enough");

  await expect(listed).rejects.toBe("enough");
  await expect(lister.list({ signal: controller.signal })).rejects.toBe("enough");
});

test("at most eight servers are asked at once", async () => {
  let open = 0;
  let most = 0;
  const providers = Array.from({ length: 20 }, (_, index) =>
    listing(`p${index}`, async () => {
      most = Math.max(most, ++open);
      await new Promise(setImmediate);
      open--;
      return [];
    }),
  );

  await references(providers);

  expect(most).toBe(8);
});

test("an answer is remembered for a minute, and a failure is not", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  let asked = 0;
  const well = listing("well", async () => [{ id: `m${++asked}` }]);
  let failed = 0;
  const down = listing("down", async () => {
    failed++;
    throw new Error("down");
  });
  const lister = createModelLister(() => [well, down]);
  const first = async () => (await lister.list())[0]?.reference;

  expect([await first(), await first()]).toEqual(["well/m1", "well/m1"]);
  vi.advanceTimersByTime(60_000);
  expect(await first()).toBe("well/m2");
  expect(failed).toBe(3);
  vi.useRealTimers();
});
