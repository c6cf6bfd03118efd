import type { Caller } from "../../access.ts";
import { Refusal } from "../../refusal.ts";
import { type Dialect, type DialectCall, EVENT_STREAM } from "../dialect.ts";
import { SENT_EVENTS } from "./event-form.ts";
import { CHARACTERS_AT_MOST, createResponseMemory, ITEMS_AT_MOST, type ResponseMemory } from "./memory.ts";
import { type RequestSources, readRequest } from "./read-request.ts";
import { formatError } from "./write-error.ts";
import { createResponseWriter } from "./write-reply.ts";

/** What responses may refer to. */
export interface ResponsesState {
  /** What the server remembers of its responses; nothing where absent. */
  readonly memory?: ResponseMemory | undefined;
}

/** The state of a server that has answered nothing; `0` remembers nothing. */
export function createState({ rememberMs }: { readonly rememberMs: number }): ResponsesState {
  if (rememberMs === 0) return {};
  const limits = { ms: rememberMs, items: ITEMS_AT_MOST, characters: CHARACTERS_AT_MOST };
  return { memory: createResponseMemory(limits) };
}

/** OpenAI's Responses, as the standard Open Responses has them: https://www.openresponses.org */
export function createResponses({ memory }: ResponsesState): Dialect {
  return {
    protocol: "responses",
    streamType: EVENT_STREAM,
    formatError,

    readRequest(body, caller): DialectCall {
      const request = readRequest(body, sourcesOf(memory, caller));
      const { chat, stream, store, previousId, input } = request;
      const onEnd: Parameters<typeof createResponseWriter>[1]["onEnd"] = ({ id, output }) => {
        if (!store || output === undefined) return;
        memory?.remember(nameOf(caller), { id, previousId, input, output });
      };
      return {
        chat,
        stream,
        openAnswer() {
          const writer = createResponseWriter(request, { onEnd });
          return { take: (part) => void writer.write(part), format: ({ route }) => writer.format(route) };
        },
        openStream: () => createResponseWriter(request, { form: SENT_EVENTS, onEnd }),
      };
    },
  };
}

/** What a caller's items may refer to. */
function sourcesOf(memory: ResponseMemory | undefined, caller: Caller): RequestSources {
  return {
    remembers: memory !== undefined,

    findItem(id, param) {
      const item = memory?.findItem(nameOf(caller), id);
      if (item !== undefined) return item;
      const problem = `the item ${JSON.stringify(id.slice(0, 80))} is not remembered`;
      throw new Refusal(400, `${problem}, set \`store: false\` so that whole items are sent`, {
        code: "item_not_found",
        param,
      });
    },

    findConversation(id) {
      const items = memory?.findConversation(nameOf(caller), id);
      if (items !== undefined) return items;
      const problem = `the response ${JSON.stringify(id.slice(0, 80))} is not remembered`;
      throw new Refusal(400, `${problem}, send the whole conversation in \`input\``, {
        code: "previous_response_not_found",
        param: "previous_response_id",
      });
    },

    openSummary(_, param) {
      throw new Refusal(400, `\`${param}\` was not sealed by this gateway`, { param });
    },
  };
}

function nameOf({ name }: Caller): string {
  return name ?? "";
}
