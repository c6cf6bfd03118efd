import { getEventListeners } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { chat, type StreamPart } from "@fallthrough/core";
import type { FaultScript } from "../fault-server.ts";
import { httpResponse } from "../http-message.ts";
import type { RecordedResponse } from "../recording.ts";
import { wireStart, withBody } from "./answer-bytes.ts";
import { inTime, ownStream, readParts, reasonOf } from "./ask.ts";
import { equals, holds, isReasonOf } from "./check.ts";
import type { ConformanceCase } from "./kit.ts";

/** How long a provider that streams may take to its first text. */
const FIRST_TEXT_MS = 300;
/** Shorter than a server or a client keeps a connection that nobody uses. */
const SOON_MS = 2000;

const MOMENTS: Readonly<Record<string, (response: RecordedResponse) => FaultScript>> = {
  "before the headers": () => [{ hold: true }],
  "in the middle of the answer": (response) => {
    const { start, rest } = wireStart(response);
    return [
      { send: start, pieces: Math.ceil(start.length / 4), everyMs: 5 },
      { send: rest.subarray(0, 1) },
      { hold: true },
    ];
  },
  "in a pause": (response) => [{ send: wireStart(response).start }, { wait: 50 }, { hold: true }],
};

/** How a provider behaves when its caller leaves, and what it leaves behind. */
export const LEAVING_CASES: readonly ConformanceCase[] = [
  {
    title: "an aborted signal makes no request",
    async run(kit) {
      const { provider, server } = await kit.stage();
      const signal = AbortSignal.abort(new Error("aborted by the suite"));
      const reason = await reasonOf(readParts(provider, kit.request({ signal })), "the call");

      isReasonOf(signal, reason);
      equals(server.connections, 0, "the number of connections");
    },
  },
  ...Object.entries(MOMENTS).map(
    ([when, script]): ConformanceCase => ({
      title: `an abort ${when} ends the call with its reason, and closes the socket`,
      async run(kit) {
        const { provider, held, left } = await kit.stage({ script });
        const controller = new AbortController();
        const { signal } = controller;
        const ended = reasonOf(readParts(provider, kit.request({ signal })), "the aborted call");
        ended.catch(() => {});
        await inTime(Promise.race([held, ended]), "the server was not asked");
        controller.abort(new Error("aborted by the suite"));

        isReasonOf(signal, await ended);
        await inTime(left, "the connection was not closed");
      },
    }),
  ),
  {
    title: "leaving the stream closes the socket",
    async run(kit) {
      const { provider, held, left } = await kit.stage({ script: MOMENTS["in a pause"] });
      const reply = chat(provider, kit.request())[Symbol.asyncIterator]();
      const first = reply.next();
      first.catch(() => {});
      await inTime(held, "the server was not asked");
      await reply.return?.();

      await inTime(left, "the connection was not closed");
    },
  },
  {
    title: "leaving the provider's own stream closes the socket",
    async run(kit) {
      const { provider, held, left } = await kit.stage({ script: MOMENTS["in a pause"] });
      const controller = new AbortController();
      const parts = ownStream(provider, kit.request({ signal: controller.signal }))[Symbol.asyncIterator]();
      const late = held.then(() => delay(FIRST_TEXT_MS, false));
      const streams = await inTime(Promise.race([firstText(parts), late]), "the server was not asked");
      // a generator that waits for the whole answer can be left by the signal only
      if (streams) await inTime(Promise.resolve(parts.return?.()), "return() did not end");
      else controller.abort();

      await inTime(left, "the connection was not closed");
    },
  },
  {
    title: "a call leaves no timer and no listener behind",
    async run(kit) {
      const good = await kit.stage();
      const bad = await kit.stage({ script: () => [{ send: httpResponse({ status: 500 }) }] });
      const { signal } = new AbortController();
      const timers = countTimers();
      for (const { provider } of [good, bad]) {
        await inTime(
          Promise.allSettled([readParts(provider, kit.request({ signal }))]),
          "the call did not end",
        );
      }

      equals(getEventListeners(signal, "abort").length, 0, "the number of listeners left on the signal");
      await until(() => countTimers() <= timers, "a timer did not end");
    },
  },
  {
    title: "close() leaves no timer and no interval behind",
    async run(kit) {
      const timers = countTimers();
      const { provider, close } = await kit.stage();
      await Promise.allSettled([kit.ask(provider)]);
      await close();

      await until(() => countTimers() <= timers, "a timer or an interval did not end");
    },
  },
  {
    title: "close() ends every connection, also when it is called twice",
    async run(kit) {
      const { provider, server } = await kit.stage({
        script: (response) => [{ send: withBody(response, response.body) }],
      });
      await kit.ask(provider);
      await provider.close?.();
      await provider.close?.();

      await inTime(server.closed(), "a connection was not closed", SOON_MS);
    },
  },
];

/** Resolves to true with the first text, and to false with the end of the stream. */
async function firstText(parts: AsyncIterator<StreamPart>): Promise<boolean> {
  try {
    for (;;) {
      const { done, value } = await parts.next();
      if (done || value.type === "text-delta") return !done;
    }
  } catch {
    return false;
  }
}

function countTimers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
}

async function until(condition: () => boolean, problem: string): Promise<void> {
  const deadline = Date.now() + SOON_MS;
  while (!condition()) {
    holds(Date.now() < deadline, `${problem} within ${SOON_MS} ms`);
    await delay(10);
  }
}
