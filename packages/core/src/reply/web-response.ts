import type { StreamPart } from "../contract/contract.ts";
import { LONGEST_TIMER_MS } from "../contract/defaults.ts";
import {
  type FieldParser,
  objectOf,
  oneOf,
  parseInput,
  parseText,
  recordOf,
} from "../contract/parse-fields.ts";
import { ChatError } from "../errors/chat-error.ts";
import { isExhausted } from "../errors/exhausted-call.ts";
import { failureHeaders, type ToldFailure, tellFailure } from "../errors/told-failure.ts";
import type { OpeningLists, PartList, PartLists } from "../parts/listed-stream.ts";

/** How a reply becomes the answer of a web handler. */
export interface ResponseOptions {
  /** The text alone, or every part as a server-sent event with the part as JSON. @default "text" */
  readonly format?: "text" | "events" | undefined;
  /** Go over those that the reply sets itself. @default none */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** An answer that knows how long its reader may stay away. */
export interface TimedLists extends PartLists {
  /** Milliseconds until a reader who has not come is not waited for any more; 0 is for ever. */
  readonly firstChunkMs: number;
}

const parseOptions: FieldParser<ResponseOptions> = objectOf<ResponseOptions>({
  format: oneOf(["text", "events"]),
  headers: recordOf(parseText),
});
const OPTIONS = { code: "config", whole: "the options of toResponse()", field: "option" } as const;

const CONTENT_TYPES = {
  text: "text/plain; charset=utf-8",
  events: "text/event-stream; charset=utf-8",
} as const;
const STREAM_HEADERS: Readonly<Record<string, string>> = {
  "cache-control": "no-cache, no-transform",
  // else a proxy in front would gather the pieces
  "x-accel-buffering": "no",
};
/** What servers note for a client that left before it had an answer. */
const CLIENT_LEFT = 499;

/** The text of an answer as bytes; the call begins with the first read. */
export function toTextStream(opening: OpeningLists): ReadableStream<Uint8Array> {
  let lists: PartLists | undefined;
  const next = async (): Promise<PartList | undefined> => {
    lists ??= await opening.open();
    return lists?.next();
  };
  return createBody({ next, leave: () => (lists ?? opening).return(), format: formatText }).body;
}

/** The answer of a web handler, once the first content is here; a failure before it is a status and JSON. */
export async function toResponse(opening: OpeningLists<TimedLists>, options: unknown): Promise<Response> {
  const { format = "text", headers = {} } =
    options === undefined ? {} : parseInput(options, parseOptions, OPTIONS);
  let answer: TimedLists | undefined;
  try {
    answer = await opening.open();
  } catch (reason) {
    // a failure of the call has a route, a mistake in the use of the reply has none
    if (reason instanceof ChatError && reason.route === undefined) throw reason;
    return failureResponse(reason, headers);
  }
  const lists = answer;
  const { body, unread } = createBody({
    next: async () => lists?.next(),
    leave: async () => lists?.return(),
    ...(format === "text" ? { format: formatText } : { format: formatEvents, formatFailure }),
  });
  giveUpAfter(lists?.firstChunkMs ?? 0, unread);
  return new Response(body, {
    headers: { "content-type": CONTENT_TYPES[format], ...STREAM_HEADERS, ...headers },
  });
}

/** Where the pieces of a body come from. */
interface BodySource {
  next(): Promise<PartList | undefined>;
  leave(): Promise<void>;
  /** What a list is on the wire; nothing where it has nothing for this reader. */
  format(list: PartList): string;
  /** What the reader learns of a failure. @default the body breaks, without a word */
  formatFailure?(reason: unknown): string | undefined;
}

/** What happens to a body that nobody has read yet. */
interface UnreadBody {
  /** Told once somebody reads, or leaves. */
  onRead: () => void;
  /** Ends the call and breaks the body. */
  giveUp(reason: unknown): void;
}

/** A body that asks for the next list only once its reader takes a piece. */
function createBody({ next, leave, format, formatFailure }: BodySource): {
  readonly body: ReadableStream<Uint8Array>;
  readonly unread: UnreadBody;
} {
  const encoder = new TextEncoder();
  let over = false;
  let controller: ReadableStreamDefaultController<Uint8Array>;

  function fail(reason: unknown): void {
    if (over) return;
    over = true;
    const told = formatFailure?.(reason);
    if (told === undefined) {
      controller.error(reason);
      return;
    }
    controller.enqueue(encoder.encode(told));
    controller.close();
  }

  const unread: UnreadBody = {
    onRead: () => {},
    giveUp(reason) {
      if (over) return;
      over = true;
      controller.error(reason);
      leave().catch(() => {});
    },
  };
  const body = new ReadableStream<Uint8Array>(
    {
      start(opened) {
        controller = opened;
      },
      async pull() {
        unread.onRead();
        try {
          for (;;) {
            const list = await next();
            // its reader may have left meanwhile
            if (over) return;
            const piece = list === undefined ? "" : format(list);
            if (piece !== "") {
              controller.enqueue(encoder.encode(piece));
              return;
            }
            if (list === undefined) {
              over = true;
              controller.close();
              return;
            }
          }
        } catch (reason) {
          fail(reason);
        }
      },
      cancel() {
        over = true;
        unread.onRead();
        return leave();
      },
    },
    { highWaterMark: 0 },
  );
  return { body, unread };
}

/** Ends a call whose answer nobody comes for. */
function giveUpAfter(ms: number, unread: UnreadBody): void {
  if (ms === 0 || ms > LONGEST_TIMER_MS) return;
  const timer = setTimeout(() => {
    const problem = `the answer waited ${ms} ms for its reader, expected one within \`firstChunkMs\``;
    unread.giveUp(new ChatError("timeout", problem));
  }, ms);
  timer.unref();
  unread.onRead = () => clearTimeout(timer);
}

function formatText(list: PartList): string {
  let text = "";
  for (const part of list) if (part.type === "text-delta") text += part.delta;
  return text;
}

function formatEvents(list: PartList): string {
  return list.map((part) => `data: ${JSON.stringify(publicPart(part))}\n\n`).join("");
}

/** Who was asked, and what the server's head says, is not for whoever reads the answer. */
function publicPart(part: StreamPart): StreamPart {
  if (part.type !== "finish") return part;
  const { route: _, response: __, ...told } = part;
  return told;
}

/** An event for a failure; none where the caller ended the call itself. */
function formatFailure(reason: unknown): string | undefined {
  if (isAbort(reason)) return undefined;
  return `event: error\ndata: ${JSON.stringify(failureBody(tellFailure(reason)))}\n\n`;
}

function failureResponse(reason: unknown, headers: Readonly<Record<string, string>>): Response {
  const failure = isAbort(reason) ? tellAbort(reason) : tellFailure(reason);
  return new Response(JSON.stringify(failureBody(failure)), {
    status: failure.status,
    headers: { "content-type": "application/json", ...failureHeaders(failure), ...headers },
  });
}

function failureBody({ message, code, retryAt }: ToldFailure): object {
  return { error: { message, code, retryAt } };
}

/** A guard makes a `ChatError` of every failure, and passes on the reason of an abort as it is. */
function isAbort(reason: unknown): boolean {
  return !(reason instanceof ChatError || isExhausted(reason));
}

function tellAbort(reason: unknown): ToldFailure {
  const late = reason instanceof Error && reason.name === "TimeoutError";
  const spent = false;
  if (late) return { status: 504, message: "the time for the answer ran out", code: "deadline", spent };
  return { status: CLIENT_LEFT, message: "the client left before the answer began", code: "aborted", spent };
}
