import { expect, test } from "vitest";
import type { JsonObject } from "../../src/index.ts";
import { createConcessions, withoutField } from "../../src/services/concessions.ts";

const POSSIBLE = ["seed", "top_k"].map((field) => ({
  field,
  warning: `without ${field}`,
  apply: (body: JsonObject) => withoutField(body, field),
}));
const BODY = { model: "m", seed: 1, top_k: 2 };

/** A server that refuses these fields, one after the other. */
function serverWith(refusal: (body: JsonObject) => string | undefined, status = 400) {
  const sent: JsonObject[] = [];
  return {
    sent,
    send: async (body: JsonObject, observe: (answer: never) => void) => {
      sent.push(body);
      const message = refusal(body);
      if (message === undefined) return "answer";
      observe({
        status,
        headers: {},
        contentType: "",
        body: JSON.stringify({ error: { message } }),
      } as never);
      throw new Error(message);
    },
  };
}

const refusesSeed = (body: JsonObject): string | undefined =>
  "seed" in body ? "seed: Extra inputs are not permitted" : undefined;

test("a wish that the server names is left out once more, and from then on for that model", async () => {
  const concessions = createConcessions(POSSIBLE);
  const { send, sent } = serverWith(refusesSeed);

  expect(await concessions.ask("m", BODY, send)).toBe("answer");
  expect(await concessions.ask("m", BODY, send)).toBe("answer");
  await concessions.ask("other", BODY, send);

  const without = { model: "m", top_k: 2 };
  expect(sent).toEqual([BODY, without, without, BODY, without]);
  expect(concessions.warnings("m", BODY)).toEqual([
    { type: "warning", code: "unsupported", message: "without seed" },
  ]);
  expect(concessions.warnings("m", without)).toEqual([]);
});

test("of wishes that the server refuses one after the other each call gives up one more", async () => {
  const concessions = createConcessions(POSSIBLE);
  const { send, sent } = serverWith((body) => ["seed", "top_k"].find((field) => field in body));

  await expect(concessions.ask("m", BODY, send)).rejects.toThrow("top_k");
  expect(await concessions.ask("m", BODY, send)).toBe("answer");
  expect(await concessions.ask("m", BODY, send)).toBe("answer");

  const without = { model: "m", top_k: 2 };
  expect(sent).toEqual([BODY, without, without, { model: "m" }, { model: "m" }]);
});

test.each([
  ["names none", "no", 400],
  ["names two", "seed and top_k", 400],
  ["is about something else", "prompt is too long for seed", 400],
  ["has another status", "seed", 500],
])("a refusal that %s is not asked again", async (_, message, status) => {
  const concessions = createConcessions(POSSIBLE);
  const { send, sent } = serverWith(() => message, status);

  await expect(concessions.ask("m", BODY, send)).rejects.toThrow(message);

  expect(sent).toHaveLength(1);
});

test("what the server refuses in any form is not remembered", async () => {
  const concessions = createConcessions(POSSIBLE);
  const { send, sent } = serverWith(() => "seed");

  await expect(concessions.ask("m", BODY, send)).rejects.toThrow("seed");

  expect(sent).toHaveLength(2);
  expect(concessions.warnings("m", BODY)).toEqual([]);
});
