import type { Caller } from "../../access.ts";
import type { Failure } from "../../failure-answer.ts";
import { parseObject, wrong } from "../../parse-fields.ts";
import { Refusal } from "../../refusal.ts";
import { type Dialect, type DialectCall, EVENT_STREAM } from "../dialect.ts";
import { readCompaction } from "./compact.ts";
import { type EventForm, LINES, SENT_EVENTS } from "./event-form.ts";
import {
  CHARACTERS_AT_MOST,
  createResponseMemory,
  findConversation,
  ITEMS_AT_MOST,
  type MemoryReader,
  type RememberedResponse,
  type ResponseMemory,
  readBoth,
} from "./memory.ts";
import { type RequestSources, readRequest } from "./read-request.ts";
import { createSeal, type Seal } from "./seal.ts";
import { createStoredResponses, type StoredResponses } from "./stored-responses.ts";
import { formatError } from "./write-error.ts";
import { createResponseWriter } from "./write-reply.ts";

/** What a server keeps between its calls. */
export interface ResponsesState {
  /** What it remembers of its responses; nothing where absent. */
  readonly memory?: ResponseMemory | undefined;
  /** What it seals compacted conversations with. */
  readonly seal: Seal;
}

/** What a server keeps, and for how long. */
export interface ResponsesOptions {
  /** Milliseconds; `0` remembers nothing. */
  readonly rememberMs: number;
  /** What the key of the seal is made of. @default one made now */
  readonly sealKey?: string | undefined;
}

/** OpenAI's Responses, as the standard Open Responses has them: https://www.openresponses.org */
export interface Responses {
  /** A response to a conversation. */
  readonly create: Dialect;
  /** A conversation made short. */
  readonly compact: Dialect;
  /** The responses that were given out before. */
  readonly stored: StoredResponses;
  /** A response to one message on a connection, which remembers its own responses. */
  onConnection(own: ResponseMemory): Dialect;
}

/** The state of a server that has answered nothing. */
export function createState({ rememberMs, sealKey }: ResponsesOptions): ResponsesState {
  const seal = createSeal(sealKey);
  if (rememberMs === 0) return { seal };
  const limits = { ms: rememberMs, items: ITEMS_AT_MOST, characters: CHARACTERS_AT_MOST };
  return { seal, memory: createResponseMemory(limits) };
}

/** The dialects of Responses over one state. */
export function createResponses({ memory, seal }: ResponsesState): Responses {
  function sourcesOf(caller: Caller, reader: MemoryReader | undefined = memory): RequestSources {
    return { remembers: memory !== undefined, ...createSources(reader, nameOfCaller(caller), seal) };
  }

  return {
    stored: createStoredResponses(memory),

    create: {
      protocol: "responses",
      streamType: EVENT_STREAM,
      formatError,
      readRequest: (body, caller) =>
        readCall(body, sourcesOf(caller), SENT_EVENTS, (response, store) => {
          if (store && response !== undefined) memory?.remember(nameOfCaller(caller), response);
        }),
    },

    compact: {
      protocol: "responses",
      streamType: EVENT_STREAM,
      formatError,
      readRequest: (body, caller) => readCompaction(body, sourcesOf(caller), seal),
    },

    onConnection(own) {
      let forget = (): void => {};
      return {
        protocol: "responses",
        streamType: EVENT_STREAM,

        formatError(failure: Failure) {
          // a conversation that could not go on from a response begins anew
          forget();
          const { error } = formatError(failure);
          const { code, message, param } = error;
          // OpenAI's own client looks for the error beside the type
          return { type: "error", status: failure.status, code, message, param, error };
        },

        readRequest(body, caller) {
          const {
            type,
            stream: _,
            stream_options: __,
            previous_response_id,
            ...fields
          } = parseObject(body, "message");
          if (type !== "response.create") throw wrong("type", "response.create");
          const name = nameOfCaller(caller);
          if (typeof previous_response_id === "string") forget = () => own.forget(name, previous_response_id);
          const reader = memory === undefined ? own : readBoth(own, memory);
          const call = readCall(
            { ...fields, previous_response_id },
            sourcesOf(caller, reader),
            LINES,
            (response, store) => {
              if (response === undefined) return forget();
              own.remember(name, response);
              if (store) memory?.remember(name, response);
            },
          );
          return { ...call, stream: true };
        },
      };
    },
  };
}

function readCall(
  body: unknown,
  sources: RequestSources,
  form: EventForm,
  onEnd: (response: RememberedResponse | undefined, store: boolean) => void,
): DialectCall {
  const request = readRequest(body, sources);
  const { chat, stream, store, previousId, input } = request;
  const open = (events?: EventForm) =>
    createResponseWriter(request, {
      form: events,
      onEnd: ({ id, output, response }) =>
        onEnd(
          output && response !== undefined ? { id, previousId, input, output, response } : undefined,
          store,
        ),
    });
  return {
    chat,
    stream,
    openStream: () => open(form),
    formatRefusal(failure, streamed) {
      const writer = open(streamed ? form : undefined);
      const told = writer.fail(failure);
      return streamed ? told : writer.format({ provider: failure.provider });
    },
    openAnswer() {
      const writer = open();
      return { take: (part) => void writer.write(part), format: ({ route }) => writer.format(route) };
    },
  };
}

/** What the items of a caller may refer to. */
function createSources(
  memory: MemoryReader | undefined,
  caller: string,
  seal: Seal,
): Omit<RequestSources, "remembers"> {
  return {
    findItem(id, param) {
      const item = memory?.findItem(caller, id);
      if (item !== undefined) return item;
      throw gone("item", id, "set `store: false`, so that whole items are sent", param);
    },

    findConversation(id) {
      const items = memory && findConversation(memory, caller, id);
      if (items !== undefined) return items;
      const advice = "send the whole conversation in `input`, and set `store: false`";
      throw gone("previous_response", id, advice, "previous_response_id");
    },

    openSummary(sealed, param) {
      const summary = seal.open(sealed);
      if (summary === undefined)
        throw wrong(param, "what this gateway gave out, sealed with the key that it has now");
      return summary;
    },
  };
}

function gone(what: "item" | "previous_response", id: string, advice: string, param: string): Refusal {
  const named = JSON.stringify(id.slice(0, 80));
  return new Refusal(400, `\`${param}\` is ${named}, which the gateway does not remember; ${advice}`, {
    code: `${what}_not_found`,
    param,
  });
}

/** The owner of a remembered response: all callers without a name are one owner. */
export function nameOfCaller({ name }: Caller): string {
  return name ?? "";
}
