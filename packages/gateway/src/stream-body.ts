import type { StreamPart } from "@fallthrough/core";
import { END, ENDED, type PartIterator, TAKE } from "@fallthrough/core/internal";
import type { OpenCall } from "./calls.ts";
import { explainFailure } from "./failure-answer.ts";
import { type Frames, KEEPALIVE, renderFailure } from "./frames.ts";
import { Refusal } from "./refusal.ts";
import { startTimer } from "./timers.ts";

/** Milliseconds; `0` turns a timer off. */
export interface StreamTimers {
  /** How long a client waits without a byte before it gets a comment. */
  readonly keepaliveMs: number;
  /** How long a client may take nothing while there is something for it. */
  readonly writeMs: number;
}

/** What a stream tells, and how. */
export interface StreamSource {
  readonly call: OpenCall;
  readonly parts: PartIterator;
  /** The part that was asked for already. */
  readonly first: Promise<IteratorResult<StreamPart>>;
  /** Made when the first part is there, because only then it is known who answers. */
  readonly createFrames: () => Frames;
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
  { call, parts, first, createFrames }: StreamSource,
  timers: StreamTimers,
): AsyncIterableIterator<string, undefined> {
  let frames: Frames | undefined;
  /** The client, while it waits. */
  let reader: ((piece: Piece) => void) | undefined;
  /** A part was asked for and has not come. */
  let asked = false;
  /** What the client has not taken. */
  let ready = "";
  /** Nothing comes after what is ready. */
  let ended = false;

  const keepalive = startTimer(timers.keepaliveMs, () => {
    if (reader !== undefined) give(KEEPALIVE);
    else keepalive?.refresh();
  });
  const stall = startTimer(timers.writeMs, () => {
    if (reader !== undefined) return;
    call.abort(new Refusal(408, "the client takes nothing", { code: "client_stalled" }));
  });
  call.signal.addEventListener("abort", () => {
    // whoever takes nothing may never come back for the event that tells of it
    if (reader === undefined) release();
  });
  ask(first);

  function ask(part: StreamSource["first"]): void {
    asked = true;
    part.then(receive, fail);
  }

  function receive({ done, value }: IteratorResult<StreamPart>): void {
    asked = false;
    try {
      if (done) ended = true;
      else render(value);
    } catch (reason) {
      fail(reason);
      return;
    }
    answer();
  }

  function fail(reason: unknown): void {
    asked = false;
    ended = true;
    ready += renderFailure(explainFailure(reason));
    answer();
  }

  /** Renders a part and those that have come with it. */
  function render(part: StreamPart): void {
    frames ??= createFrames();
    let next: ReturnType<NonNullable<PartIterator[typeof TAKE]>> = part;
    for (; next !== undefined && next !== ENDED; next = parts[TAKE]?.()) {
      ready += frames.render(next);
      ended = next.type === "finish";
      if (ended || ready.length >= PIECE_LENGTH) return;
    }
  }

  function answer(): void {
    if (reader === undefined) return;
    if (ready === "" && !ended && !asked) ask(parts.next());
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
        await parts.return?.();
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
