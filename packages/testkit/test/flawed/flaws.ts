import { setTimeout as delay } from "node:timers/promises";
import {
  ChatError,
  type ChatErrorCode,
  type ChatProvider,
  type ChatRequest,
  type ProviderSettings,
  type StreamPart,
} from "@fallthrough/core";
import { amendError } from "@fallthrough/core/internal";
import { messageText } from "@fallthrough/core/provider";
import { type Changes, createToy } from "./reference.ts";

type Create = (settings?: ProviderSettings) => ChatProvider;

/** A provider with one defect, and the case that names it. */
export interface Flaw {
  readonly create: Create;
  readonly caughtBy: string;
  /** What the suite's `declare` holds. */
  readonly declare?: readonly string[] | undefined;
}

const FINISH: StreamPart = { type: "finish", finishReason: "stop" };
const said = (delta: string): StreamPart => ({ type: "text-delta", delta });
const noop = (): void => {};

/** Providers that are wrong in one thing, by what they do. */
export const FLAWS: Readonly<Record<string, Flaw>> = {
  "swallows failures": {
    create: catching((error) => (codeOf(error) === "server" ? [said("Sorry!"), FINISH] : undefined)),
    caughtBy: "status 500 is `server`",
  },
  "never finishes": {
    create: mapping((part) => (part.type === "finish" ? [] : [part])),
    caughtBy: "a good answer ends with a `finish`",
  },
  "finishes twice": {
    create: mapping((part) => (part.type === "finish" ? [part, part] : [part])),
    caughtBy: "nothing follows the `finish`",
  },
  "ignores aborts": {
    create: changed({ signal: ({ signal }) => (signal?.aborted ? signal : undefined) }),
    caughtBy: "an abort before the headers ends the call with its reason, and closes the socket",
  },
  "asks although it is aborted": {
    create: wrapped(async function* (toy, request) {
      const { signal } = request;
      yield* toy.stream(signal?.aborted ? { ...request, signal: undefined } : request);
      signal?.throwIfAborted();
    }),
    caughtBy: "an aborted signal makes no request",
  },
  "leaks the socket when it is left": {
    create: wrapped(async function* (toy, request) {
      const parts = toy.stream(request)[Symbol.asyncIterator]();
      for (let next = await parts.next(); !next.done; next = await parts.next()) yield next.value;
    }),
    caughtBy: "leaving the provider's own stream closes the socket",
  },
  "gives a block page as the answer": {
    create: catching((error) => (codeOf(error) === "blocked" ? [said("<html>"), FINISH] : undefined)),
    caughtBy: "a challenge with status 200 is `blocked`, never an answer",
  },
  "takes nothing for an answer": {
    create: catching((error) => (codeOf(error) === "empty" ? [said("(no answer)"), FINISH] : undefined)),
    caughtBy: "an empty answer is `empty`, never a success",
  },
  "takes a cut answer for a whole one": {
    create: changed({ endsAnywhere: true }),
    caughtBy: "an answer that is cut at a clean end is no success",
  },
  "takes an error for the answer": {
    create: changed({ text: (data) => JSON.parse(data).text ?? data }),
    caughtBy: "an error inside a success status is no answer",
  },
  "tells its key": {
    create: (settings) =>
      catching((error) => {
        if (codeOf(error) !== "auth") return undefined;
        throw new ChatError("auth", `the key ${settings?.headers?.["x-api-key"]} was refused`, {
          provider: settings?.id ?? "toy",
          status: 401,
        });
      })(settings),
    caughtBy: "no secret and no prompt stands in the error of a refused key",
  },
  "keeps its settings in the module": {
    create: (settings) => {
      latest.settings = settings;
      return { ...createToy(settings), stream: (request) => createToy(latest.settings).stream(request) };
    },
    caughtBy: "two instances share nothing",
  },
  "keeps the question in the module": {
    create: wrapped(async function* (toy, request) {
      latest.request = request;
      // the other call has to come in between
      await delay(1);
      yield* toy.stream({ ...request, messages: latest.request.messages });
    }),
    caughtBy: "calls at the same time are independent",
  },
  "takes a rate limit for a broken server": {
    create: catching((error) => {
      if (codeOf(error) !== "rate-limit") return undefined;
      throw amendError(error as ChatError, { code: "server" });
    }),
    caughtBy: "status 429 is `rate-limit`",
  },
  "forgets how long to wait": {
    create: catching((error) => {
      if (codeOf(error) !== "rate-limit") return undefined;
      throw amendError(error as ChatError, { retryAfterMs: undefined });
    }),
    caughtBy: "`Retry-After` is told, in seconds and as a date",
  },
  "throws texts": {
    create: catching((error) => {
      if (codeOf(error) !== "server") return undefined;
      throw "something went wrong";
    }),
    caughtBy: "a failure is a ChatError that names the provider",
  },
  "reads each chunk by itself": {
    create: (settings) => ({
      ...createToy(settings),
      async *stream({ signal }) {
        const url = `${settings?.baseURL}/chat`;
        const response = await fetch(url, { method: "POST", body: "{}", signal: signal ?? null });
        for await (const chunk of response.body ?? []) {
          for (const [, text = ""] of new TextDecoder().decode(chunk).matchAll(/"text":"([^"]*)"/g)) {
            yield said(text);
          }
        }
        yield FINISH;
      },
    }),
    caughtBy: "the reply is the same in pieces of 1 byte",
  },
  "knows all fields there will ever be": {
    create: (settings) => {
      const text = (data: string): string => {
        const { text: delta, ...more } = JSON.parse(data);
        if (Object.keys(more).length > 0) throw new ChatError("protocol", "POST /chat answered more");
        if (delta === undefined) throw new ChatError("server", "POST /chat answered no text");
        return delta;
      };
      return createToy(settings, { text });
    },
    caughtBy: "unknown fields of the response change nothing",
  },
  "leaves a timer": {
    create: wrapped(async function* (toy, request) {
      setTimeout(noop, 60_000);
      yield* toy.stream(request);
    }),
    caughtBy: "a call leaves no timer and no listener behind",
  },
  "leaves a listener": {
    create: wrapped(async function* (toy, request) {
      request.signal?.addEventListener("abort", noop);
      yield* toy.stream(request);
    }),
    caughtBy: "a call leaves no timer and no listener behind",
  },
  "does not close": {
    create: (settings) => ({ ...createToy(settings), close: undefined }),
    caughtBy: "close() ends every connection, also when it is called twice",
  },
  "says nothing of what it ignores": {
    create: mapping((part) => (part.type === "warning" ? [] : [part])),
    caughtBy: "an option that nobody knows is warned about",
  },
  "has another card than its manifest": {
    create: (settings) => ({ ...createToy(settings), name: "Another Toy" }),
    caughtBy: "the manifest's card is what the factory returns",
  },
  "has a status without a date": {
    create: (settings) => ({
      ...createToy(settings),
      status: { state: "active", checked: "not long ago" },
    }),
    caughtBy: "the card has the shape of the contract, and its status is dated",
  },
  "has an id that nobody can change": {
    create: (settings) => ({ ...createToy(settings), id: "toy" }),
    caughtBy: "the settings `id`, `models` and `status` change the card",
  },
  "waits for the whole answer": {
    create: wrapped(async function* (toy, request) {
      const parts: StreamPart[] = [];
      for await (const part of toy.stream(request)) parts.push(part);
      yield* parts;
    }),
    caughtBy: "streaming: the first text comes before the end of the answer",
  },
  "never sends the model": {
    create: wrapped((toy, request) => toy.stream({ ...request, model: undefined })),
    caughtBy: "the chosen model reaches the server, or the card says `selectable: false`",
  },
  "drops the system message": {
    create: changed({
      prompt: ({ messages }) =>
        messages
          .filter(({ role }) => role !== "system")
          .map((message) => messageText(message))
          .join("\n"),
    }),
    caughtBy: "system: the system message reaches the server",
  },
  "forgets earlier turns": {
    create: changed({
      prompt: ({ messages }) =>
        messages
          .filter(({ role }, index) => role === "system" || index === messages.length - 1)
          .map((message) => messageText(message))
          .join("\n"),
    }),
    caughtBy: "history: earlier turns reach the server",
  },
  "declares truncation missing": {
    create: createToy,
    declare: ["truncation"],
    caughtBy: "only abilities are declared missing",
  },
  "does not declare that it has no usage": {
    create: createToy,
    declare: ["tools", "images"],
    caughtBy: "usage: the token counts of the server are told",
  },
};

const latest: { settings?: ProviderSettings | undefined; request?: ChatRequest } = {};

function changed(changes: Changes): Create {
  return (settings) => createToy(settings, changes);
}

function wrapped(stream: (toy: ChatProvider, request: ChatRequest) => AsyncIterable<StreamPart>): Create {
  return (settings) => {
    const toy = createToy(settings);
    return { ...toy, stream: (request) => stream(toy, request) };
  };
}

function mapping(map: (part: StreamPart) => readonly StreamPart[]): Create {
  return wrapped(async function* (toy, request) {
    for await (const part of toy.stream(request)) yield* map(part);
  });
}

/** Gives these parts in the place of a failure, or fails as it did. */
function catching(parts: (error: unknown) => readonly StreamPart[] | undefined): Create {
  return wrapped(async function* (toy, request) {
    try {
      yield* toy.stream(request);
    } catch (error) {
      const instead = parts(error);
      if (!instead) throw error;
      yield* instead;
    }
  });
}

function codeOf(error: unknown): ChatErrorCode | undefined {
  return error instanceof ChatError ? error.code : undefined;
}
