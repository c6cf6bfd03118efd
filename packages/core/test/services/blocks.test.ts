import { expect, test } from "vitest";
import {
  answerBlocks,
  type BlockForm,
  contentBlocks,
  plainText,
  systemBlocks,
  toolBlocks,
} from "../../src/provider.ts";

const FORM: BlockForm = {
  text: (text) => (text === "refused" ? undefined : { type: "text", text }),
  media: ({ name }, media) => ({ type: "media", name, ...media }),
  thought: ({ text }, { proof }) => (proof === undefined ? undefined : { type: "thought", text, proof }),
  call: ({ name }, data) => ({ type: "call", name, ...data }),
};

test("each part is a block with the fields of the caller and of this provider", () => {
  const blocks = contentBlocks(
    [
      { type: "text", text: "a", providerData: { mine: { mark: 1 }, other: { mark: 2 } } },
      { type: "text", text: "refused" },
      { type: "text", text: "" },
      { type: "image", data: "iVBOR", name: "x.png", extraFields: { detail: "low" } },
      { type: "file", data: "https://a.example/b", mediaType: "text/plain" },
    ],
    "mine",
    FORM,
  );

  expect(blocks).toEqual([
    { type: "text", text: "a", mark: 1 },
    { type: "media", name: "x.png", base64: "iVBOR", mediaType: "image/png", detail: "low" },
    { type: "media", name: undefined, url: "https://a.example/b" },
  ]);
  expect(contentBlocks("a", "mine", FORM)).toEqual([{ type: "text", text: "a" }]);
  expect(contentBlocks("", "mine", FORM)).toEqual([]);
});

test.each([
  ["the data of its own protocol", { provider: "mine", note: "two" }, ["text", "thought", "call"], "s"],
  ["nothing of another protocol", { provider: "mine", note: "one" }, ["text", "call"], undefined],
  ["nothing of another provider", { provider: "other" }, ["text", "call"], undefined],
])("an answer is given back with %s", (_, writer, order, sign) => {
  const data = (fields: object) => ({ mine: { two: fields } }) as never;
  const blocks = answerBlocks(
    {
      role: "assistant",
      content: "Hi",
      reasoning: [{ text: "Hm", providerData: data({ proof: "p" }) }, { text: "no proof" }],
      toolCalls: [
        {
          id: "a",
          name: "look",
          arguments: "{}",
          providerData: data({ sign: "s" }),
          extraFields: { more: 1 },
        },
      ],
      providerData: data({ layout: [2, "thought", "call"] }),
    },
    writer,
    FORM,
  );

  expect(blocks.map(({ type }) => type)).toEqual(order);
  expect(blocks.at(-1)).toEqual({ type: "call", name: "look", more: 1, ...(sign && { sign }) });
});

test("system messages are blocks with their extra fields", () => {
  expect(
    systemBlocks(
      [
        { role: "system", content: "a", extraFields: { mark: 1 } },
        { role: "user", content: "b" },
        { role: "system", content: "" },
      ],
      FORM,
    ),
  ).toEqual([{ type: "text", text: "a", mark: 1 }]);
});

test("blocks of nothing but text are one text", () => {
  const a = { type: "text", text: "a" };

  expect(plainText([a, a])).toBe("aa");
  expect(plainText([a, a], "\n")).toBe("a\na");
  expect(plainText([])).toBe("");
  expect(plainText([a, { ...a, mark: 1 }])).toBeUndefined();
  expect(plainText([a, { type: "media", url: "x" }])).toBeUndefined();
});

test("tools are declared with their extra fields, and none are not", () => {
  const tools = [{ name: "look", parameters: {}, extraFields: { deep: { a: 1 } } }];

  expect(toolBlocks({ messages: [], tools }, ({ name }) => ({ name, deep: { b: 2 } }))).toEqual([
    { name: "look", deep: { a: 1, b: 2 } },
  ]);
  expect(toolBlocks({ messages: [] }, () => ({}))).toBeUndefined();
  expect(toolBlocks({ messages: [], tools: [] }, () => ({}))).toBeUndefined();
});
