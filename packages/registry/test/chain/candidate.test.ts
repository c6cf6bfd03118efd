import type { Need } from "@fallthrough/core";
import { expect, test } from "vitest";
import { planCandidates } from "../../src/chain/candidate.ts";
import { fakeProvider } from "../fake-provider.ts";

const RETIRED = { status: { state: "retired", checked: "2024-01-30" } } as const;

function withTools(id: string, tools: boolean | undefined) {
  return {
    provider: fakeProvider(id, [], { models: [{ id: "m", capabilities: { tools } as { tools: boolean } }] }),
  };
}

function plan(candidates: Parameters<typeof planCandidates>[0], ...needs: Need[]) {
  return planCandidates(candidates)({ needs }).map(({ subject, skip }) => [subject.provider, skip?.reason]);
}

test("who says nothing about a needed ability is asked after those who say yes, and who says no is skipped", () => {
  const candidates = [withTools("silent", undefined), withTools("unable", false), withTools("able", true)];

  expect(plan(candidates, "tools")).toEqual([
    ["unable", "does not do tools"],
    ["able", undefined],
    ["silent", undefined],
  ]);
  expect(plan(candidates).map(([id]) => id)).toEqual(["silent", "unable", "able"]);
});

test("a retired provider is skipped unless it was asked for by name", () => {
  const provider = fakeProvider("gone", [], RETIRED);

  expect(plan([{ provider }, { provider, explicit: true }])).toEqual([
    ["gone", "retired, as of 2024-01-30"],
    ["gone", undefined],
  ]);
});

test.each([
  [undefined, undefined, "small"],
  ["big", undefined, "large"],
  [undefined, "big", "large"],
  ["small", "big", "small"],
  ["unheard-of", undefined, "unheard-of"],
])("with model %s of its own and %s of the request, a candidate is remembered as %s", (own, asked, model) => {
  const provider = fakeProvider("one", [], { models: [{ id: "small" }, { id: "large", aliases: ["big"] }] });

  const [planned] = planCandidates([{ provider, model: own }])({ model: asked, needs: [] });

  expect(planned?.subject).toEqual({ provider: "one", model });
});

test("what needs nothing special is planned once, and what does leaves that plan as it is", () => {
  const planFor = planCandidates([withTools("silent", undefined), withTools("able", true)]);
  const usual = planFor({ needs: [] });

  expect(planFor({ needs: ["tools"] }).map(({ subject }) => subject.provider)).toEqual(["able", "silent"]);
  expect(planFor({ needs: [] })).toBe(usual);
  expect(usual.map(({ subject }) => subject.provider)).toEqual(["silent", "able"]);
});

test("a call that needs something is remembered with it, as the same subject while it stays the same", () => {
  const planFor = planCandidates([withTools("able", true)]);
  const [first] = planFor({ needs: ["tools", "tool-choice"] });
  const [again] = planFor({ needs: ["tools", "tool-choice"] });
  const [other] = planFor({ needs: ["tools"] });

  expect(first?.subject.needs).toEqual(["tools", "tool-choice"]);
  expect(again?.subject).toBe(first?.subject);
  expect(other?.subject.needs).toEqual(["tools"]);
});

test("a card speaks of tools and of JSON as a whole, a refusal also of a choice and a schema", () => {
  expect(plan([withTools("unable", false)], "tool-choice")).toEqual([["unable", "does not do tools"]]);
  expect(plan([withTools("silent", undefined), withTools("able", true)], "tool-choice")[0]).toEqual([
    "able",
    undefined,
  ]);
});

test("another model is another subject, and the same one the same", () => {
  const planFor = planCandidates([{ provider: fakeProvider("open", [], { models: [] }) }]);
  const subjectOf = (model?: string) => planFor({ model, needs: [] })[0]?.subject;

  expect(subjectOf()).toEqual({ provider: "open" });
  const first = subjectOf("a");
  expect(first).toEqual({ provider: "open", model: "a" });
  expect(subjectOf("a")).toBe(first);
  expect(subjectOf("b")).toEqual({ provider: "open", model: "b" });
});

test("calls that need as much, but something else, are two subjects", () => {
  const planFor = planCandidates([withTools("able", true)]);
  const needsOf = (...needs: Need[]) => planFor({ needs })[0]?.subject.needs;

  expect(needsOf("tools", "images")).toEqual(["tools", "images"]);
  expect(needsOf("tools", "json")).toEqual(["tools", "json"]);
  expect(needsOf("files", "json")).toEqual(["files", "json"]);
});

test("who speaks of one ability and is silent about another comes after who speaks of both", () => {
  const both = { models: [{ id: "m", capabilities: { tools: true, images: true } }] };
  const candidates = [withTools("half", true), { provider: fakeProvider("both", [], both) }];

  expect(plan(candidates, "tools", "images").map(([id]) => id)).toEqual(["both", "half"]);
});

test("a skip has the code of the failure that asking would repeat", () => {
  const absent = (askable: boolean) => ({
    provider: {
      ...fakeProvider("absent", []),
      absence: () => ({ reason: "needs KEY", page: "https://keys.example", askable }),
    },
  });
  const skipOf = (candidate: Parameters<typeof planCandidates>[0][0], ...needs: Need[]) =>
    planCandidates([candidate])({ needs })[0]?.skip;

  expect(skipOf(withTools("unable", false), "tools")).toEqual({
    code: "unsupported",
    reason: "does not do tools",
  });
  expect(skipOf(absent(false))).toEqual({ code: "config", reason: "needs KEY, see https://keys.example" });
  expect(skipOf(absent(true))).toBeUndefined();
});
