import { estimateTokens } from "@fallthrough/core/internal";
import { checkModel } from "../../access.ts";
import { resolveModel } from "../../answer-call.ts";
import { jsonAnswer } from "../../exchange-types.ts";
import type { Application, Serving } from "../../serving.ts";
import { MESSAGES } from "./messages.ts";
import { readRequest } from "./read-request.ts";

/** Adds the routes of Anthropic's Messages. */
export function addMessages(application: Application, { registry, serveBody, serveCalls }: Serving): void {
  application.post("/v1/messages", serveCalls(MESSAGES)).post(
    "/v1/messages/count_tokens",
    serveBody(
      async ({ body, caller, record }) => {
        const { chat } = readRequest(body);
        record.model = chat.model;
        checkModel(caller, chat.model);
        await resolveModel(registry, chat.model);
        // nobody's tokenizer is asked: no provider says which one its model has
        return jsonAnswer({ input_tokens: estimateTokens(chat) });
      },
      { dialect: MESSAGES, isCall: true },
    ),
  );
}
