import { getEventListeners } from "node:events";
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

test("a provider that hangs is not waited for, and is told so", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  let asked: AbortSignal | undefined;
  const listed = references([
    listing("hangs", (options) => {
      asked = options?.signal;
      return new Promise<ModelCard[]>(() => {});
    }),
  ]);

  await vi.advanceTimersByTimeAsync(4_999);
  expect(asked?.aborted).toBe(false);
  await vi.advanceTimersByTimeAsync(1);

  expect(await listed).toEqual(["hangs/hangs-model"]);
  expect(asked?.reason).toMatchObject({
    code: "timeout",
    message: "listModels() took longer than 5000 ms",
  });
  vi.useRealTimers();
});

test("a server that has answered leaves no timer and no listener behind", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const { signal } = new AbortController();

  await createModelLister(() => [listing("one", async () => [])]).list({ signal });

  expect(vi.getTimerCount()).toBe(0);
  expect(getEventListeners(signal, "abort")).toEqual([]);
  vi.useRealTimers();
});

test.each([
  ["an unknown option", { signl: 1 }, "listModels() option"],
  ["no signal", { signal: "now" }, "signal"],
  ["no options at all", 1, "the options of listModels()"],
])("%s is refused with its name", async (_, options, message) => {
  await expect(createModelLister(() => []).list(options as object)).rejects.toMatchObject({
    code: "config",
    message: expect.stringContaining(message),
  });
});

test("a list that is none counts as no answer, and is asked for again", async () => {
  let asked = 0;
  const provider = listing("odd", async () => {
    asked++;
    return [{ name: "no id" }] as never;
  });
  const lister = createModelLister(() => [provider]);

  const lists = [await lister.list(), await lister.list()];

  expect(lists.map(([first]) => first?.reference)).toEqual(["odd/odd-model", "odd/odd-model"]);
  expect(asked).toBe(2);
});

test("what servers listed is known afterwards, and every answer is told", async () => {
  const one = listing("one", async () => [{ id: "a", contextWindow: 8 }, { id: "b" }]);
  const card = fakeProvider("card", []);
  const down = listing("down", () => Promise.reject(new Error("down")));
  const changed = vi.fn();
  const lister = createModelLister(() => [one, card, down], changed);
  expect(lister.listed(one)).toEqual([]);
  expect(lister.windowOf(one, "a")).toBeUndefined();

  await lister.list();

  expect(changed).toHaveBeenCalledOnce();
  expect(lister.listed(one).map(({ id }) => id)).toEqual(["a", "b"]);
  expect(["a", "b", "c"].map((model) => lister.windowOf(one, model))).toEqual([8, undefined, undefined]);
  expect([card, down].map((provider) => lister.listed(provider))).toEqual([[], []]);
});

test("an abort of the caller ends the listing with its reason, which the provider is told", async () => {
  const controller = new AbortController();
  const asked: (AbortSignal | undefined)[] = [];
  const hangs = listing("hangs", (options) => {
    asked.push(options?.signal);
    return new Promise<ModelCard[]>(() => {});
  });
  const lister = createModelLister(() => [hangs]);
  const listed = lister.list({ signal: controller.signal });

  controller.abort("enough");

  await expect(listed).rejects.toBe("enough");
  await expect(lister.list({ signal: controller.signal })).rejects.toBe("enough");
  expect(asked.map((signal) => signal?.reason)).toEqual(["enough"]);
});

test("without a provider nothing is listed", async () => {
  expect(await createModelLister(() => []).list()).toEqual([]);
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
  vi.advanceTimersByTime(59_999);
  expect(await first()).toBe("well/m1");
  vi.advanceTimersByTime(1);
  expect(await first()).toBe("well/m2");
  expect(failed).toBe(4);
  vi.useRealTimers();
});
