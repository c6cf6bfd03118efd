import type { StreamPart } from "@fallthrough/core";
import {
  END,
  formatWaiting,
  type OpeningLists,
  type PartList,
  type PartLists,
  type Waiting,
} from "@fallthrough/core/internal";
import type { OpenCall } from "./calls.ts";
import type { Answerer, StreamWriter } from "./dialects/dialect.ts";
import type { Failure } from "./failure-answer.ts";
import { Refusal } from "./refusal.ts";
import { startTimer } from "./timers.ts";

/** Milliseconds; `0` turns a timer off. */
export interface StreamTimers {
  /** How long a client waits without a byte before it gets a comment. */
  readonly keepaliveMs: number;
  /** How long a client may take nothing while there is something for it. */
  readonly writeMs: number;
}

/** What a stream writes, and how. */
export interface StreamSource {
  /** The call whose parts are written. */
  readonly call: OpenCall;
  /** The parts of the answer. */
  readonly parts: OpeningLists;
  /** The answer that was asked for already. */
  readonly opened: Promise<PartLists | undefined>;
  /** What writes it. */
  readonly writer: StreamWriter;
  /** Who answers; asked once the first part is here, because only then it is known. */
  readonly answerer: () => Answerer;
  /** What the client learns of a failure. */
  readonly explain: (reason: unknown) => Failure;
  /** Whom the call waits for, where that is a server that loads a model. */
  readonly waiting: () => Waiting | undefined;
}

type Piece = IteratorResult<string, undefined>;

/**
 * Characters of a piece at most, and those after which no further part is asked for.
 *
 * A slow client holds the provider back, and shows by each piece that it takes something.
 */
const PIECE_LENGTH = 64 * 1024;

/** The body of a streamed answer; a part is asked of the provider only when the client takes a piece. */
export function createStreamBody(
  { call, parts, opened, writer, answerer, explain, waiting }: StreamSource,
  timers: StreamTimers,
): AsyncIterableIterator<string, undefined> {
  let begun = false;
  let lists: PartLists | undefined;
  /** The parts that came last, and how many of them are rendered. */
  let list: PartList = [];
  let rendered = 0;
  /** The client, while it waits. */
  let reader: ((piece: Piece) => void) | undefined;
  /** A list was asked for and has not come. */
  let asked = false;
  /** What the client has not taken. */
  let ready = "";
  /** Nothing comes after what is ready. */
  let ended = false;

  const keepalive = startTimer(timers.keepaliveMs, () => {
    if (reader !== undefined) give(formatComment(waiting()) + writer.keepAlive());
    else keepalive?.refresh();
  });
  const stall = startTimer(timers.writeMs, () => {
    if (reader !== undefined) return;
    call.abort(new Refusal(408, "the client takes nothing", { code: "client_stalled" }));
  });
  call.signal.addEventListener("abort", () => {
    // a client that reads nothing may never read the event about it
    if (reader === undefined) release();
  });
  ask(opened.then(open));

  async function open(begun: PartLists | undefined): Promise<PartList | undefined> {
    lists = begun;
    return next();
  }

  async function next(): Promise<PartList | undefined> {
    return lists?.next();
  }

  function ask(coming: Promise<PartList | undefined>): void {
    asked = true;
    coming.then(receive, fail);
  }

  function receive(come: PartList | undefined): void {
    asked = false;
    if (come === undefined) ended = true;
    else [list, rendered] = [come, 0];
    answer();
  }

  function fail(reason: unknown): void {
    asked = false;
    ended = true;
    ready += writer.fail(explain(reason));
    answer();
  }

  /** Renders what has come, as far as a piece holds it. */
  function render(): void {
    while (rendered < list.length && !ended && ready.length < PIECE_LENGTH) {
      const part = list[rendered++] as StreamPart;
      if (!begun) ready += writer.begin(answerer());
      begun = true;
      ready += writer.write(part);
      ended = part.type === "finish";
    }
  }

  function answer(): void {
    if (reader === undefined) return;
    try {
      render();
    } catch (reason) {
      fail(reason);
      return;
    }
    if (ready === "" && !ended && !asked) ask(next());
    else if (!asked || ready !== "") give(takePiece());
  }

  function takePiece(): string {
    const piece = ready.length <= PIECE_LENGTH ? ready : ready.slice(0, cutAt(ready));
    ready = ready.slice(piece.length);
    return piece;
  }

  function give(text: string): void {
    const waiting = reader;
    reader = undefined;
    keepalive?.refresh();
    stall?.refresh();
    if (ended && ready === "") release();
    waiting?.(text === "" ? END : { done: false, value: text });
  }

  function release(): void {
    clearTimeout(keepalive);
    clearTimeout(stall);
    call.end();
  }

  const body: AsyncIterableIterator<string, undefined> = {
    [Symbol.asyncIterator]: () => body,
    next: () =>
      new Promise((resolve) => {
        reader = resolve;
        answer();
      }),
    async return() {
      const left = !ended;
      ended = true;
      ready = "";
      if (reader !== undefined) give("");
      release();
      if (left) {
        call.abort(new Refusal(499, "the client left", { code: "client_left" }));
        await (lists ?? parts).return();
      }
      return END;
    },
  };
  return body;
}

/** Where a piece ends: never within a surrogate pair, whose halves cannot be encoded alone. */
function cutAt(text: string): number {
  const last = text.charCodeAt(PIECE_LENGTH - 1);
  return last >= 0xd800 && last <= 0xdbff ? PIECE_LENGTH - 1 : PIECE_LENGTH;
}

/** A comment, which is part of every event stream and of no answer. */
function formatComment(waiting: Waiting | undefined): string {
  return waiting === undefined ? "" : `: ${formatWaiting(waiting)}\n\n`;
}
