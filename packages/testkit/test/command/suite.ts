import { httpResponse } from "../../src/http-message.ts";
import type { ProviderSuite } from "../../src/index.ts";
import { createJson } from "../doors/json.ts";

const headers = { "content-type": "application/json" };

/** A whole suite, as a module may export it. */
export const suite: ProviderSuite = {
  create: createJson,
  exchanges: [httpResponse({ headers, body: '{"said":"Polly"}' })],
  reply: "Polly",
  declare: { streaming: "one text", tools: "none", images: "none", usage: "none" },
};
