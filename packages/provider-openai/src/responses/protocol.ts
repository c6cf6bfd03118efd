import type { KeyForm, ModelPage, ServiceProtocol, UsualModel } from "@fallthrough/core/provider";
import { parseModels } from "../models.ts";
import { createAnswerReader } from "./answer.ts";
import { FIXED_FIELDS, formatBody } from "./body.ts";
import { CONCESSIONS, HONOURED } from "./wishes.ts";

/** What differs between the servers that speak the Responses API. */
export interface ResponsesServer {
  /** The provider's id. */
  readonly provider: string;
  /** How it shows a key. */
  readonly key: KeyForm;
  /** Where the list of models stands. */
  readonly modelsPath: string;
  /** The model of requests that name none. */
  readonly usualModel: UsualModel;
}

/** OpenAI's Responses API, as a server that keeps nothing is asked. */
export function responsesProtocol({
  provider,
  key,
  modelsPath,
  usualModel,
}: ResponsesServer): ServiceProtocol {
  return {
    name: "responses",
    key,
    known: { honours: HONOURED, options: ["extraBody"] },
    fixed: FIXED_FIELDS,
    concessions: CONCESSIONS,
    usualModel,
    format: (request, model, extraBody) => ({
      path: "/responses",
      body: formatBody(request, { provider, model, extraBody }),
    }),
    read: createAnswerReader,
    askModels: () => ({ path: modelsPath }),
    readModels: (value): ModelPage => ({ models: parseModels(value) }),
  };
}
