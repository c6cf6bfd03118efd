import { type HttpAnswer, jsonAnswer, jsonTextAnswer } from "../../exchange-types.ts";
import { wrong } from "../../parse-fields.ts";
import { Refusal } from "../../refusal.ts";
import type { Item } from "./items.ts";
import type { RememberedResponse, ResponseMemory } from "./memory.ts";

/** Answers what clients ask about a response that they were given before. */
export interface StoredResponses {
  /** The response; throws a refusal where it is gone */
  retrieve(caller: string, id: string, query: URLSearchParams): HttpAnswer;
  /** Forgets the response and its items; throws a refusal where it is gone */
  remove(caller: string, id: string): HttpAnswer;
  /** A page of what was new in its request; throws a refusal where it is gone */
  listInput(caller: string, id: string, query: URLSearchParams): HttpAnswer;
}

const DEFAULT_LIMIT = 20;
const MOST = 100;

/** The responses that a server remembers; without a memory each is gone. */
export function createStoredResponses(memory: ResponseMemory | undefined): StoredResponses {
  function find(caller: string, id: string): RememberedResponse {
    const found = memory?.findResponse(caller, id);
    if (found !== undefined) return found;
    const named = JSON.stringify(id.slice(0, 80));
    throw new Refusal(
      404,
      `the gateway does not remember the response ${named}, expected one that it gave out not long ago and that was not asked with \`store: false\``,
      { code: "response_not_found", param: "id" },
    );
  }

  return {
    retrieve(caller, id, query) {
      const { response } = find(caller, id);
      if (query.get("stream") === "true") {
        throw wrong("stream", "it to be left out, because only a new response is streamed");
      }
      return jsonTextAnswer(response);
    },

    remove(caller, id) {
      find(caller, id);
      memory?.forget(caller, id);
      return jsonAnswer({ id, object: "response", deleted: true });
    },

    listInput(caller, id, query) {
      const { input } = find(caller, id);
      return jsonAnswer(
        formatPage(
          input.map((item, index) => withId(item, id, index)),
          query,
        ),
      );
    },
  };
}

/** An item as it is listed: one that came without an id has one by its place. */
function withId(item: Item, responseId: string, index: number): Item & { readonly id: string } {
  const { id = `item_${responseId.replace(/^resp_/, "")}_${index}`, type = "message" } = item;
  return { ...item, type, id: `${id}` };
}

function formatPage(items: readonly { readonly id: string }[], query: URLSearchParams): object {
  const order = query.get("order") ?? "desc";
  if (order !== "asc" && order !== "desc") throw wrong("order", "asc or desc");
  const ordered = order === "asc" ? items : items.toReversed();
  const after = query.get("after");
  const start = after === null ? 0 : ordered.findIndex(({ id }) => id === after) + 1;
  if (after !== null && start === 0) throw wrong("after", "the id of an item of this response");
  const limit = readLimit(query.get("limit"));
  const page = ordered.slice(start, start + limit);
  return {
    object: "list",
    data: page,
    first_id: page[0]?.id ?? null,
    last_id: page.at(-1)?.id ?? null,
    has_more: start + limit < ordered.length,
  };
}

function readLimit(text: string | null): number {
  const limit = text === null ? DEFAULT_LIMIT : Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= MOST) return limit;
  throw wrong("limit", `a whole number from 1 to ${MOST}`);
}
