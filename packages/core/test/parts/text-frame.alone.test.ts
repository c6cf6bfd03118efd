import { expect, test, vi } from "vitest";
import { createFrame } from "../../src/parts/text-frame.ts";
import { heapGrowth, largeText } from "../garbage.ts";

const textOf = (data: string): string | undefined => {
  const { kind, say, more } = JSON.parse(data);
  return more === undefined && kind !== "other" ? say : undefined;
};

function learned(data: string, text: string, options: { cumulative?: boolean; padding?: string } = {}) {
  const frame = createFrame({ textOf, ...options });
  frame.learn(data, text);
  return frame;
}

test("an event that differs in its text alone is read by that text alone", () => {
  const reading = vi.fn(textOf);
  const frame = createFrame({ textOf: reading });
  frame.learn('{"id":7,"say":"one","end":null}', "one");
  reading.mockClear();

  expect(frame.read('{"id":7,"say":"two","end":null}')).toBe("two");
  expect(frame.read('{"id":7,"say":"","end":null}')).toBe("");
  expect(frame.read('{"id":7,"say":"a\\n\\"b\\" \\ud83d\\ude00 ü","end":null}')).toBe('a\n"b" 😀 ü');
  expect(reading).not.toHaveBeenCalled();
});

test.each([
  ["another field before the text", '{"id":8,"say":"two","end":null}'],
  ["another field after the text", '{"id":7,"say":"two","end":true}'],
  ["one more field", '{"id":7,"say":"two","more":1,"end":null}'],
  ["a text that ends early", '{"id":7,"say":"two","say":"x","end":null}'],
  ["a character that JSON forbids", '{"id":7,"say":"tw\to","end":null}'],
  ["an escape that is cut", '{"id":7,"say":"two\\","end":null}'],
  ["less than the frame", '{"id":7,"say":"'],
])("an event with %s is left to the parser", (_, data) => {
  expect(learned('{"id":7,"say":"one","end":null}', "one").read(data)).toBeUndefined();
});

test.each([
  ["that stands in another field too", '{"say":"other","kind":"other!","x":"other"}', "other"],
  ["of a field that decides what the event is", '{"say":"x","kind":"other"}', "other"],
  ["that is written with other escapes", '{"say":"\\u0041"}', "A"],
  ["that a later field of the same name overwrites", '{"say":"x","say":"y"}', "x"],
])("a text %s is no pattern unless the proof holds", (_, data, text) => {
  expect(learned(data, text).read(data)).toBeUndefined();
});

test("what is learned last counts", () => {
  const frame = learned('{"id":1,"say":"one"}', "one");
  frame.learn('{"id":2,"say":"two"}', "two");

  expect(frame.read('{"id":1,"say":"x"}')).toBeUndefined();
  expect(frame.read('{"id":2,"say":"x"}')).toBe("x");
});

test("a server that writes something else into each event is soon left alone", () => {
  const reading = vi.fn(textOf);
  const frame = createFrame({ textOf: reading });

  for (let id = 0; id < 100; id++) {
    const data = `{"id":${id},"say":"one"}`;
    expect(frame.read(data)).toBeUndefined();
    frame.learn(data, "one");
  }

  expect(reading.mock.calls.length).toBeLessThan(10);
});

test("a server that writes something else now and then is learned again, as often as that is of use", () => {
  const frame = createFrame({ textOf });

  for (let id = 0; id < 30; id++) {
    frame.learn(`{"id":${id},"say":"one"}`, "one");
    expect(frame.read(`{"id":${id},"say":"two"}`)).toBe("two");
  }
});

test("the eighth pattern in a row that nothing follows is the last", () => {
  const frame = createFrame({ textOf });
  const learnUnused = (count: number): void => {
    for (let id = 0; id < count; id++) frame.learn(`{"id":${id},"say":"one"}`, "one");
  };

  learnUnused(8);
  expect(frame.read('{"id":7,"say":"two"}')).toBe("two");
  learnUnused(9);
  expect(frame.read('{"id":8,"say":"two"}')).toBeUndefined();
});

test("an event that is a text alone makes a pattern, and so does an empty text", () => {
  const whole = createFrame({ textOf: (data) => JSON.parse(data) });
  whole.learn('"one"', "one");

  expect(whole.read('"two"')).toBe("two");
  expect(whole.read('"')).toBeUndefined();
  expect(learned('{"say":"","end":null}', "").read('{"say":"two","end":null}')).toBe("two");
});

test("a cumulative frame gives what is new, from wherever it has come to", () => {
  const frame = learned('{"say":"one"}', "one", { cumulative: true });

  expect(frame.read('{"say":"one two"}')).toBe(" two");
  expect(frame.read('{"say":"one two"}')).toBe("");
  expect(frame.read('{"say":"one two\\nthree"}')).toBe("\nthree");
  expect(frame.read('{"say":"one 2"}')).toBeUndefined();
});

test("padding behind the text may differ in every event", () => {
  const frame = learned('{"say":"one","end":null,"pad":"xyz"}', "one", { padding: "pad" });

  expect(frame.read('{"say":"two","end":null,"pad":""}')).toBe("two");
  expect(frame.read('{"say":"t\\"wo\\"","end":null,"pad":"a\\"b"}')).toBe('t"wo"');
});

test.each([
  ["without its padding", '{"say":"two","end":null}'],
  ["with another field before its padding", '{"say":"two","end":true,"pad":"xyz"}'],
  ["with another field behind its padding", '{"say":"two","end":null,"pad":"xyz","more":"1"}'],
  ["whose padding ends early", '{"say":"two","end":null,"pad":"xyz","more":"1","pad":"xyz"}'],
  ["whose padding is no text", '{"say":"two","end":null,"pad":7}'],
])("an event %s is left to the parser", (_, data) => {
  const frame = learned('{"say":"one","end":null,"pad":"xyz"}', "one", { padding: "pad" });

  expect(frame.read(data)).toBeUndefined();
});

test("padding that stands before the text, or holds a quote, makes no pattern", () => {
  expect(
    learned('{"pad":"a","say":"one"}', "one", { padding: "pad" }).read('{"pad":"b","say":"x"}'),
  ).toBeUndefined();
  expect(
    learned('{"say":"one","pad":"\\""}', "one", { padding: "pad" }).read('{"say":"x","pad":""}'),
  ).toBeUndefined();
});

test("a frame does not keep what its pattern was cut from", async () => {
  const event = '{"id":7,"say":"one","end":null}';

  const growth = await heapGrowth(() =>
    Array.from({ length: 256 }, () => {
      const chunk = largeText() + event;
      return learned(chunk.slice(-event.length), "one");
    }),
  );

  expect(growth).toBeLessThan(4);
});
