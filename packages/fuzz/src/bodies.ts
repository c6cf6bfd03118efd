import type { Random } from "./random.ts";

/** What an answer says, as far as its body has come. */
export interface Said {
  /** The text so far. */
  readonly text: string;
  /** Whether the answer says that this is all, or the end of its body does. */
  readonly isWhole: boolean;
}

/** How a server writes an answer into a body, and what a reader with all the time of the world finds in it. */
export interface BodyFormat {
  /** The media type. */
  readonly contentType: string;
  /** Whether an end marker tells that the answer is whole, whatever becomes of its body. */
  readonly hasMarker: boolean;
  /** The longest text that fits the limits of an answer. */
  readonly longest: number;
  /** The body that says this text. */
  write(text: string, random: Random): string;
  /** What the start of a body says: `isEnded` where it has come to its end, `isReset` where a reset is that end. */
  read(body: Buffer, isEnded: boolean, isReset: boolean): Said;
}

const KiB = 1024;

/** The name of a format. */
export type BodyName = "events" | "lines" | "json" | "text" | "bytes" | "cumulative";

/** The formats of the provider that is made for these tests, by the way in which it reads them. */
export const BODIES: Readonly<Record<BodyName, BodyFormat>> = {
  events: {
    contentType: "text/event-stream",
    hasMarker: true,
    longest: 3 * KiB * KiB,
    write: (text, random) =>
      `${cut(text, random)
        .map((delta) => `${random.chance(0.1) ? ": ping\n\n" : ""}data: ${JSON.stringify({ delta })}\n\n`)
        .join("")}data: [DONE]\n\n`,
    read: (body, isEnded) => readDeltas(eventsOf(body, isEnded), "[DONE]"),
  },
  lines: {
    contentType: "application/x-ndjson",
    hasMarker: true,
    longest: 3 * KiB * KiB,
    write: (text, random) =>
      [...cut(text, random).map((delta) => JSON.stringify({ delta })), '"done"'].join("\n"),
    read: (body, isEnded) => readDeltas(itemsOf(body, "\n", isEnded), '"done"'),
  },
  json: {
    contentType: "application/json",
    hasMarker: false,
    longest: 3 * KiB * KiB,
    write: (delta) => JSON.stringify({ delta }),
    // a JSON value shows by itself that it is whole
    read: (body, isEnded, isReset) => {
      const text = isEnded || isReset ? deltaOf(String(body)) : "";
      return { text, isWhole: text !== "" };
    },
  },
  text: {
    contentType: "text/plain",
    hasMarker: false,
    longest: 1.5 * KiB * KiB,
    write: (text) => text,
    read: (body, isEnded) => ({ text: isEnded ? String(body) : "", isWhole: isEnded }),
  },
  bytes: {
    contentType: "text/plain",
    hasMarker: false,
    longest: 3 * KiB * KiB,
    write: (text) => text,
    read: (body, isEnded) => ({
      text: new TextDecoder().decode(body, { stream: !isEnded }),
      isWhole: isEnded,
    }),
  },
  cumulative: {
    contentType: "text/event-stream",
    hasMarker: true,
    longest: 64 * KiB,
    write: (text, random) => {
      const states = cut(text, random, 12).map((_, index, pieces) => pieces.slice(0, index + 1).join(""));
      const events = states.map((soFar) => ({ id: "one", text: soFar, isLast: soFar === text }));
      return `${events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("")}data: [DONE]\n\n`;
    },
    read: (body, isEnded) => {
      const events = eventsOf(body, isEnded);
      const isDone = events.includes("[DONE]");
      const states = events.flatMap((event) => jsonOf<CumulativeEvent>(event) ?? []);
      const { text = "", isLast = false } = states.at(-1) ?? {};
      return { text, isWhole: isLast && (isDone || (isEnded && isLastWhole(events))) };
    },
  },
};

/** An event of a cumulative stream. */
export interface CumulativeEvent {
  readonly id: string;
  readonly text: string;
  readonly isLast: boolean;
}

/** The data of the events of a body, the last one without its blank line only where the body has ended. */
export function eventsOf(body: Buffer, isEnded: boolean): readonly string[] {
  return itemsOf(body, "\n\n", isEnded).flatMap((event) => {
    const data = event.split("\n").flatMap((line) => (line.startsWith("data: ") ? line.slice(6) : []));
    return data.length === 0 ? [] : data.join("\n");
  });
}

/** Whether the last event of a body that has ended is whole; one that was cut makes of any end a cut. */
export function isLastWhole(events: readonly string[]): boolean {
  const last = events.at(-1);
  return last === undefined || last === "[DONE]" || jsonOf(last) !== undefined;
}

/** The JSON value of a text, `undefined` where it is none. */
export function jsonOf<Value>(text: string): Value | undefined {
  try {
    return JSON.parse(text) as Value;
  } catch {
    return undefined;
  }
}

function itemsOf(body: Buffer, separator: string, isEnded: boolean): readonly string[] {
  const items = new TextDecoder().decode(body, { stream: !isEnded }).split(separator);
  const last = items.pop() ?? "";
  return isEnded && last !== "" ? [...items, last] : items;
}

function readDeltas(items: readonly string[], marker: string): Said {
  const end = items.indexOf(marker);
  const before = end === -1 ? items : items.slice(0, end);
  return { text: before.map(deltaOf).join(""), isWhole: end !== -1 };
}

function deltaOf(json: string): string {
  return jsonOf<{ readonly delta: string }>(json)?.delta ?? "";
}

/** Cuts a text into pieces of random lengths, about so many at most, never within a character. */
function cut(text: string, random: Random, mostPieces = 400): readonly string[] {
  const most = Math.min(512 * KiB, Math.ceil((2 * text.length) / random.size(1, mostPieces)));
  const pieces: string[] = [];
  for (let start = 0; start < text.length; ) {
    let end = start + random.integer(1, most);
    if (/[\ud800-\udbff]/.test(text.charAt(end - 1))) end++;
    pieces.push(text.slice(start, end));
    start = end;
  }
  return pieces;
}
