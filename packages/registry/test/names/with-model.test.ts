import { expect, test } from "vitest";
import { withModel } from "../../src/names/with-model.ts";

test.each([
  ['{"model":"a","input":"hi"}', '{"model":"b","input":"hi"}'],
  ['{ "input" : "model" , "model" : "a" }', '{ "input" : "model" , "model" : "b" }'],
  [
    '{"input":{"model":"a"},"list":["model","a"],"model":"a"}',
    '{"input":{"model":"a"},"list":["model","a"],"model":"b"}',
  ],
  [
    '{"seed":12345678901234567890,"x":1.0,"t":"\\u00e9\\"\\\\","model":"a"}',
    '{"seed":12345678901234567890,"x":1.0,"t":"\\u00e9\\"\\\\","model":"b"}',
  ],
  ['{"mod\\u0065l":"a"}', '{"mod\\u0065l":"b"}'],
  ['{"model":"a","model":"c"}', '{"model":"b","model":"b"}'],
  ['{"input":"hi"}', '{"model":"b","input":"hi"}'],
  [" {} ", ' {"model":"b"} '],
])("in %s the model is another, and the rest stays", (json, changed) => {
  expect(withModel(json, "b")).toBe(changed);
});

test("a name that needs quotes is written as JSON", () => {
  expect(withModel('{"model":"a"}', 'b"c')).toBe('{"model":"b\\"c"}');
});
