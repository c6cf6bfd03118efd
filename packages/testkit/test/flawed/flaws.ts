import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import {
  ChatError,
  type ChatErrorCode,
  type ChatMessage,
  type ChatProvider,
  type ChatRequest,
  type ProviderSettings,
  type StreamPart,
} from "@fallthrough/core";
import { amendError } from "@fallthrough/core/internal";
import { createHttpClient, formatPrompt, messageText, wishWarnings } from "@fallthrough/core/provider";
import { CALL_EVENTS, type Changes, createToy } from "./reference.ts";

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
    caughtBy: "a failure of the server is no success",
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
    create: catching((error) =>
      codeOf(error) === "blocked" && (error as ChatError).status !== 451
        ? [said("<html>"), FINISH]
        : undefined,
    ),
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
        if (codeOf(error) !== "auth" || (error as ChatError).status !== 401) return undefined;
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
    create: (settings) => {
      const toy = createToy(settings);
      const http = createHttpClient({ provider: toy.id, origin: "https://toy.invalid" }, settings);
      return {
        ...toy,
        async *stream(request) {
          yield* wishWarnings(toy, request);
          const body = { prompt: formatPrompt(request.messages), model: request.model };
          const response = await http({ method: "POST", path: "/chat", body, signal: request.signal });
          for await (const chunk of response.bytes()) {
            for (const [, text = ""] of new TextDecoder().decode(chunk).matchAll(/"text":"([^"]*)"/g)) {
              yield said(text);
            }
          }
          yield FINISH;
        },
        close: () => http.close(),
      };
    },
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
  "says nothing of a wish that it ignores": {
    create: mapping((part) => (part.type === "warning" && /temperature/.test(part.message) ? [] : [part])),
    caughtBy: "a sampling setting is sent or warned about",
  },
  "says nothing of an option that it ignores": {
    create: mapping((part) => (part.type === "warning" && /optionOf/.test(part.message) ? [] : [part])),
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
  "asks its own server whatever `baseURL` says": {
    create: (settings) =>
      createToy(settings?.baseURL ? { ...settings, baseURL: "http://127.0.0.1:9" } : settings),
    caughtBy: "the setting `baseURL` decides which server is asked",
  },
  "goes past the proxy": {
    create: (settings) => createToy({ ...settings, proxy: false }),
    caughtBy: "the setting `proxy` carries every request",
  },
  "ignores the setting `headers`": {
    create: (settings) => createToy({ ...settings, headers: undefined }),
    caughtBy: "the setting `headers` is sent with every request",
  },
  "ignores the setting `cookies`": {
    create: (settings) => createToy({ ...settings, cookies: undefined }),
    caughtBy: "the setting `cookies` is sent with every request",
  },
  "ignores the setting `timeouts`": {
    create: (settings) => createToy({ ...settings, timeouts: undefined }),
    caughtBy: "the setting `timeouts` ends a silent call",
  },
  "always says that the answer was too long": {
    create: mapping((part) => [part.type === "finish" ? { ...part, finishReason: "length" } : part]),
    caughtBy: "the finish reason is that of the server",
  },
  "counts what is not a number": {
    create: mapping((part) => [
      part.type === "finish" ? { ...part, usage: { outputTokens: Number.NaN } } : part,
    ]),
    caughtBy: "usage is made of counts that the server sent, and none is invented or NaN",
  },
  "invents the usage": {
    create: mapping((part) => [part.type === "finish" ? { ...part, usage: { outputTokens: 3 } } : part]),
    caughtBy: "usage is made of counts that the server sent, and none is invented or NaN",
  },
  "adds a count of its own to those of the server": {
    create: mapping((part) => [
      part.type === "finish" && part.usage ? { ...part, usage: { ...part.usage, totalTokens: 41 } } : part,
    ]),
    caughtBy: "usage is made of counts that the server sent, and none is invented or NaN",
  },
  "tells counts that it declares missing": {
    create: createToy,
    declare: ["images", "usage"],
    caughtBy: "usage is made of counts that the server sent, and none is invented or NaN",
  },
  "changes the request": {
    create: wrapped((toy, request) => {
      (request.messages as ChatMessage[]).push({ role: "user", content: "Be brief." });
      return toy.stream(request);
    }),
    caughtBy: "the request is not changed",
  },
  "reads the environment": {
    create: wrapped((toy, request) => {
      const temperature = Number(process.env["TOY_TEMPERATURE"] ?? request.temperature);
      return toy.stream(Number.isNaN(temperature) ? request : { ...request, temperature });
    }),
    caughtBy: "the provider reads no environment variable by itself",
  },
  "logs on the console": {
    create: mapping((part) => {
      console.debug("the toy got", part.type);
      return [part];
    }),
    caughtBy: "the provider logs nothing",
  },
  "writes to the error output": {
    create: catching((error) => {
      process.stderr.write(`${String(error)}\n`);
      return undefined;
    }),
    caughtBy: "the provider logs nothing",
  },
  "tells a second server": {
    create: wrapped(async function* (toy, request) {
      const counter = createServer((_, response) => response.end()).listen(0, "127.0.0.1");
      await once(counter, "listening");
      await fetch(`http://127.0.0.1:${(counter.address() as AddressInfo).port}/count`).then((seen) =>
        seen.text(),
      );
      counter.closeAllConnections();
      counter.close();
      yield* toy.stream(request);
    }),
    caughtBy: "the provider asks no second server",
  },
  "asks again by itself": {
    create: wrapped(async function* (toy, request) {
      try {
        yield* toy.stream(request);
      } catch (error) {
        if (codeOf(error) !== "server") throw error;
        yield* toy.stream(request);
      }
    }),
    caughtBy: "a failed call is not repeated by the provider",
  },
  "leaves a rejection unhandled": {
    create: wrapped((toy, request) => {
      void Promise.reject(new Error("nobody looks at this"));
      return toy.stream(request);
    }),
    caughtBy: "no rejection is left unhandled",
  },
  "keeps an interval after close()": {
    create: (settings) => {
      setInterval(noop, 60_000);
      return createToy(settings);
    },
    caughtBy: "close() leaves no timer and no interval behind",
  },
  "puts its key into the address": {
    create: (settings) => {
      const key = settings?.headers?.["x-api-key"];
      return createToy(settings, {
        path: key === undefined ? "/chat" : `/chat?key=${encodeURIComponent(key)}`,
      });
    },
    caughtBy: "no key is part of an address",
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
  "does not send the tools": {
    create: wrapped((toy, request) => toy.stream({ ...request, tools: undefined })),
    caughtBy: "tools: the tools reach the server",
  },
  "drops the calls of earlier turns": {
    create: wrapped((toy, request) => {
      const messages = request.messages.filter((message) => !("toolCalls" in message));
      return toy.stream({ ...request, messages });
    }),
    caughtBy: "tools: a call and its result reach the server in the next turn",
  },
  "drops the results of tools": {
    create: wrapped((toy, request) => {
      const messages = request.messages.filter(({ role }) => role !== "tool");
      return toy.stream({ ...request, messages });
    }),
    caughtBy: "tools: a call and its result reach the server in the next turn",
  },
  "loses the calls": {
    create: mapping((part) => (part.type === "tool-call" ? [] : [part])),
    caughtBy: "tools: every call of the server comes out, and no other",
  },
  "keeps the first call only": {
    create: wrapped(async function* (toy, request) {
      let calls = 0;
      for await (const part of toy.stream(request)) {
        if (part.type !== "tool-call" || ++calls === 1) yield part;
      }
    }),
    caughtBy: "tools: every call of the server comes out, and no other",
  },
  "tells each call twice": {
    create: mapping((part) => (part.type === "tool-call" ? [part, { ...part, id: `${part.id}-2` }] : [part])),
    caughtBy: "tools: every call of the server comes out, and no other",
  },
  "breaks the arguments": {
    create: mapping((part) => [
      part.type === "tool-call" ? { ...part, arguments: part.arguments.slice(0, -1) } : part,
    ]),
    caughtBy: "tools: the arguments of a call are those of the server",
  },
  "parses the arguments": {
    create: mapping((part) => [
      part.type === "tool-call" ? { ...part, arguments: JSON.parse(part.arguments) } : part,
    ]),
    caughtBy: "tools: the arguments of a call are those of the server",
  },
  "makes up the ids of calls": {
    create: mapping((part) => [part.type === "tool-call" ? { ...part, id: `made-up-${part.name}` } : part]),
    caughtBy: "tools: a call has the id of the server, and no two have the same",
  },
  "finishes calls like a text": {
    create: mapping((part) => [part.type === "finish" ? { ...part, finishReason: "stop" } : part]),
    caughtBy: "tools: an answer that calls a tool finishes with `tool-calls`",
  },
  "reads a call from one piece": {
    create: (settings) => {
      const toy = createToy(settings);
      const http = createHttpClient({ provider: toy.id, origin: "https://toy.invalid" }, settings);
      return {
        ...toy,
        async *stream(request) {
          const { tools, model, signal } = request;
          if (tools === undefined || request.messages.length > 1) return yield* toy.stream(request);
          const body = { prompt: formatPrompt(request.messages), model };
          const response = await http({ method: "POST", path: "/chat", body, signal });
          let pieces = 0;
          for await (const _ of response.bytes()) pieces += 1;
          // the whole answer has no more chunks than events
          if (pieces <= CALL_EVENTS.length) return yield* toy.stream(request);
          yield FINISH;
        },
        async close() {
          await Promise.all([toy.close?.(), http.close()]);
        },
      };
    },
    caughtBy: "tools: calls are the same in pieces of 1 byte",
  },
  "takes half of the calls for all of them": {
    create: changed({ endsInCalls: true }),
    caughtBy: "tools: an answer with calls that is cut is no success",
  },
  "declares truncation missing": {
    create: createToy,
    declare: ["truncation"],
    caughtBy: "only abilities are declared missing",
  },
  "declares without a reason that it has no end marker": {
    create: createToy,
    declare: ["images", "endMarker"],
    caughtBy: "a protocol without an end marker says why",
  },
  "does not declare that it has no usage": {
    create: mapping((part) => [part.type === "finish" ? { ...part, usage: undefined } : part]),
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
