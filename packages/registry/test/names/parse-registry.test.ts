import { expect, test } from "vitest";
import { createRegistry, parseRegistry, type Registry } from "../../src/index.ts";
import { answer, fakeProvider } from "../fake-provider.ts";

const provider = fakeProvider("one", [answer("hi")]);
const registry = createRegistry({ providers: [provider] });

test("a registry is given back as it is, and so is one that was spread", () => {
  const spread = { ...registry };

  expect(parseRegistry(registry)).toBe(registry);
  expect(parseRegistry(spread)).toBe(spread);
});

test.each([
  [undefined, "is missing, expected what createRegistry() returns"],
  [null, "is null, expected what createRegistry() returns"],
  [Promise.resolve(registry), "is a promise, expected what createRegistry() returns: await it"],
  [createRegistry, "is a function, expected what createRegistry() returns: call it"],
  [provider, "is an object without the methods of one, expected what createRegistry() returns"],
])("%o is no registry, and the error says what it is", (value, message) => {
  expect(() => parseRegistry(value as unknown as Registry)).toThrow(
    expect.objectContaining({ code: "config", message: `the registry ${message}` }),
  );
});
