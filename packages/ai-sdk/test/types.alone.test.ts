import type { ChatProvider } from "@fallthrough/core";
import type * as six from "ai";
import type * as seven from "ai7";
import { expectTypeOf, test } from "vitest";
import { createFallthrough, type fromAISDK } from "../src/index.ts";
import { answer, memoryProvider, registryOf } from "./case.ts";

const fallthrough = createFallthrough(registryOf(memoryProvider("one", answer("hello"))));

test("a model of a registry is one of both majors", () => {
  expectTypeOf(fallthrough("auto")).toExtend<six.LanguageModel>();
  expectTypeOf(fallthrough("auto")).toExtend<seven.LanguageModel>();
});

test("a registry is a provider of both majors", () => {
  expectTypeOf(fallthrough).toExtend<Parameters<typeof six.createProviderRegistry>[0][string]>();
  expectTypeOf(fallthrough).toExtend<Parameters<typeof seven.createProviderRegistry>[0][string]>();
});

test("any model object of both majors can be a candidate", () => {
  type Given = Parameters<typeof fromAISDK>[0];
  expectTypeOf<Exclude<six.LanguageModel, string>>().toExtend<Given>();
  expectTypeOf<Exclude<seven.LanguageModel, string>>().toExtend<Given>();
  expectTypeOf<ReturnType<typeof fromAISDK>>().toExtend<ChatProvider>();
});
