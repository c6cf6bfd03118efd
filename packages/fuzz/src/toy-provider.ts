import type { ChatProvider, StreamPart } from "@fallthrough/core";
import {
  type CumulativeFormat,
  createHttpClient,
  cumulativeParts,
  type HttpResponse,
  messageText,
  parseJson,
  partLists,
} from "@fallthrough/core/provider";
import type { BodyName, CumulativeEvent } from "./bodies.ts";

type Ways = Readonly<Record<BodyName, (response: HttpResponse) => AsyncIterable<StreamPart>>>;

const FINISH: StreamPart = { type: "finish", finishReason: "stop" };
const CUMULATIVE: CumulativeFormat = {
  what: "GET /",
  head: /^\{"id":"one"/,
  parse({ data }) {
    if (data === "[DONE]") return { finishReason: undefined };
    const { id, text, isLast } = parseJson(data, "GET /") as CumulativeEvent;
    return { id, text, finishReason: isLast ? "stop" : undefined };
  },
};

/** How a body of each format is read, part by part. */
const WAYS: Ways = {
  async *events(response) {
    for await (const { data } of response.events()) {
      if (data === "[DONE]") return yield FINISH;
      yield deltaOf(data);
    }
  },
  async *lines(response) {
    for await (const line of response.lines()) {
      if (line === '"done"') return yield FINISH;
      yield deltaOf(line);
    }
  },
  async *json(response) {
    yield deltaOf(JSON.stringify(await response.json()));
    yield FINISH;
  },
  async *text(response) {
    yield { type: "text-delta", delta: await response.text() };
    yield FINISH;
  },
  async *bytes(response) {
    const decoder = new TextDecoder();
    for await (const bytes of response.bytes()) {
      yield { type: "text-delta", delta: decoder.decode(bytes, { stream: true }) };
    }
    yield { type: "text-delta", delta: decoder.decode() };
    yield FINISH;
  },
  cumulative: (response) => cumulativeParts(response.eventGroups({ cumulative: true }), CUMULATIVE),
};

/** The same answer in lists of parts, as providers of many events read it. */
function listedEvents(response: HttpResponse): AsyncIterable<StreamPart> {
  return partLists(() => ({
    groups: response.eventGroups(),
    read(events, parts) {
      for (const { data } of events ?? []) {
        parts.push(data === "[DONE]" ? FINISH : deltaOf(data));
        if (data === "[DONE]") return true;
      }
      return events === undefined;
    },
  }));
}

/** What is asked of this provider: the format of the answer, the path that it stands at, and whether it is read in lists. */
export function toyQuestion(name: BodyName, path: string, isListed: boolean): string {
  return JSON.stringify({ name, path, isListed });
}

/** A provider that reads every format in its own way; its question tells which. */
export function createToyProvider(id: string, origin: string): ChatProvider {
  const http = createHttpClient({ provider: id, origin }, { proxy: false });
  return {
    specificationVersion: 1,
    id,
    name: id,
    status: { state: "active", checked: "2026-01-01" },
    models: [],
    close: () => http.close(),
    stream: ({ messages: [question], signal }) => {
      if (question === undefined) throw new TypeError("there is no question");
      const { name, path, isListed } = JSON.parse(messageText(question));
      const read = isListed && name === "events" ? listedEvents : WAYS[name as BodyName];
      return partLists(async () => read(await http({ path, signal })));
    },
  };
}

function deltaOf(json: string): StreamPart {
  const { delta } = parseJson(json, "GET /") as { readonly delta: string };
  return { type: "text-delta", delta };
}
