import type { ServiceProtocol } from "@fallthrough/core/provider";
import { NOTE } from "../body.ts";
import { parseModels } from "../models.ts";
import { ResponseReader } from "./answer.ts";
import { formatBody, TOOL_CALL_ID } from "./body.ts";
import { CONCESSIONS, WISHES } from "./wishes.ts";

/** What differs between the servers that speak the Responses API. */
export interface ResponsesServer extends Pick<ServiceProtocol, "key" | "usualModel"> {
  /** The path of the list of models. */
  readonly modelsPath: string;
}

/** OpenAI's Responses API, as a server that keeps nothing is asked. */
export function responsesProtocol({ key, modelsPath, usualModel }: ResponsesServer): ServiceProtocol {
  return {
    name: "responses",
    key,
    note: NOTE,
    wishes: WISHES,
    toolCallIds: TOOL_CALL_ID,
    concessions: CONCESSIONS,
    usualModel,
    format: (request, target) => ({ path: "/responses", ...formatBody(request, target) }),
    read: (draft) => new ResponseReader(draft),
    askModels: () => ({ path: modelsPath }),
    readModels: (value) => ({ models: parseModels(value) }),
  };
}
