import type { StreamPart } from "@fallthrough/core";
import type { OpenCall } from "./calls.ts";
import { explainFailure } from "./failure.ts";
import { type Frames, KEEPALIVE, renderFailure } from "./frames.ts";
import { Refusal } from "./refusal.ts";

/** Milliseconds. */
export interface StreamTimers {
  /** How long a client waits without a byte before it gets a comment. */
  readonly keepaliveMs: number;
  /** How long a client may take nothing while there is something for it. */
  readonly writeMs: number;
}

/** What a stream tells, and how. */
export interface StreamSource {
  readonly call: OpenCall;
  readonly parts: AsyncIterator<StreamPart>;
  /** The part that was asked for already. */
  readonly first: Promise<IteratorResult<StreamPart>>;
  /** Made when the first part is there, because only then it is known who answers. */
  readonly createFrames: () => Frames;
}

const encoder = new TextEncoder();

/** The body of a streamed answer; a part is asked of the provider only when the client takes one. */
export function createStreamBody(source: StreamSource, timers: StreamTimers): ReadableStream<Uint8Array> {
  const { call, parts } = source;
  let { first }: { first?: StreamSource["first"] | undefined } = source;
  let frames: Frames | undefined;
  let waiting = false;
  let ended = false;
  let left = false;
  let keepalive: NodeJS.Timeout;
  let stall: NodeJS.Timeout;

  function next(): Promise<IteratorResult<StreamPart>> {
    const given = first ?? parts.next();
    first = undefined;
    return given;
  }

  /** Parts without a frame are passed over. */
  async function nextFrames(): Promise<string> {
    for (;;) {
      const { done, value } = await next();
      if (done) return "";
      frames ??= source.createFrames();
      const text = frames.render(value);
      ended ||= value.type === "finish";
      if (text !== "") return text;
    }
  }

  function release(): void {
    clearTimeout(keepalive);
    clearTimeout(stall);
    call.end();
  }

  function onAbort(): void {
    // whoever takes nothing may never come back for the event that tells of it
    if (!waiting) release();
  }

  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        keepalive = setTimeout(() => {
          if (waiting) controller.enqueue(encoder.encode(KEEPALIVE));
          keepalive.refresh();
        }, timers.keepaliveMs);
        stall = setTimeout(() => {
          if (!waiting) call.abort(new Refusal(408, "the client takes nothing", { code: "client_stalled" }));
        }, timers.writeMs);
        call.signal.addEventListener("abort", onAbort);
      },

      async pull(controller) {
        waiting = true;
        let text: string;
        try {
          text = await nextFrames();
        } catch (reason) {
          text = renderFailure(explainFailure(reason));
          ended = true;
        }
        waiting = false;
        if (left) return;
        if (text !== "") controller.enqueue(encoder.encode(text));
        if (ended || text === "") {
          release();
          controller.close();
        } else {
          keepalive.refresh();
          stall.refresh();
        }
      },

      async cancel() {
        left = true;
        release();
        call.abort(new Refusal(499, "the client left", { code: "client_left" }));
        await parts.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}
