import { expect, test, vi } from "vitest";
import type { Route } from "../../src/contract/contract.ts";
import { formatWaiting, noteWaiting, waitingOf } from "../../src/guard/waiting.ts";

test("a route tells whom its call waits for, and shows it to nobody who prints or compares it", () => {
  const route: Route = { attempts: [] };
  const waiting = { provider: "ollama", since: 0 };
  expect(waitingOf(route)).toBeUndefined();

  noteWaiting(route, waiting);

  expect(waitingOf(route)).toBe(waiting);
  expect(Object.getOwnPropertySymbols({ ...route })).toEqual([]);
  expect(JSON.stringify(route)).toBe('{"attempts":[]}');
  noteWaiting(route, undefined);
  expect(waitingOf(route)).toBeUndefined();
});

test.each([
  ["llama3", 4_499, "ollama is loading llama3 ... 4 s"],
  ["llama3", 4_500, "ollama is loading llama3 ... 5 s"],
  [undefined, 0, "ollama is loading its model ... 0 s"],
  ["a\r\nb\u0000c", 0, "ollama is loading a  b c ... 0 s"],
])("a person who waits for %j since %i ms reads %j", (model, ms, told) => {
  vi.spyOn(performance, "now").mockReturnValue(10_000 + ms);

  const shown = formatWaiting({ provider: "ollama", model, since: 10_000 });
  vi.restoreAllMocks();

  expect(shown).toBe(told);
});
