import type { ChatProvider, StreamPart } from "@fallthrough/core";
import type { FaultRow } from "./row.ts";
import { type FirstFault, firstRow } from "./socket-row.ts";

type Stream = ChatProvider["stream"];

const ROW = { row: 72, fault: "a plugin that breaks the contract" } as const;
const TEXT = { type: "text-delta", delta: "half " } as const;
const FINISH = { type: "finish", finishReason: "stop" } as const;
const SILENCE = { timeouts: { firstChunkMs: 100, chunkMs: 100 }, code: "timeout" } as const;

/** An iterator whose every promise after these parts is for ever open. */
function stuck(...parts: readonly StreamPart[]): ReturnType<Stream> {
  const never = new Promise<never>(() => {});
  const left = [...parts];
  return {
    [Symbol.asyncIterator]: () => ({
      next() {
        const value = left.shift();
        return value === undefined ? never : Promise.resolve({ done: false, value });
      },
      return: () => never,
      throw: () => never,
    }),
  };
}

async function* parts(...given: readonly unknown[]): AsyncGenerator<StreamPart> {
  for (const part of given) yield part as StreamPart;
}

async function* rejecting(reason: unknown, ...given: readonly StreamPart[]): AsyncGenerator<StreamPart> {
  yield* given;
  throw reason;
}

function throwing(reason: unknown): Stream {
  return () => {
    throw reason;
  };
}

function pluginRow(
  fault: Pick<FirstFault, "sent" | "follows"> & Partial<FirstFault>,
  stream: Stream,
): FaultRow {
  return firstRow({ ...ROW, code: "contract", ...fault }, async () => ({
    provider: {
      specificationVersion: 1,
      id: "first",
      name: "First",
      status: { state: "active", checked: "2026-11-21" },
      models: [],
      stream,
    },
    close: async () => {},
  }));
}

/** What a plugin may do that it must not. */
export const PLUGIN_ROWS: readonly FaultRow[] = [
  pluginRow({ sent: "throws at once", follows: "next" }, throwing(new TypeError("x is not a function"))),
  pluginRow({ sent: "throws a string at once", follows: "next" }, throwing("no")),
  pluginRow({ sent: "rejects with a string", follows: "next" }, () => rejecting("no")),
  pluginRow({ sent: "rejects with undefined", follows: "next" }, () => rejecting(undefined)),
  pluginRow({ sent: "rejects with a string after content", follows: "int", partial: "half " }, () =>
    rejecting("no", TEXT),
  ),
  pluginRow({ sent: "gives no iterable", follows: "next" }, () => undefined as never),
  pluginRow({ sent: "gives what is no part", follows: "next" }, () => parts("text")),
  pluginRow({ sent: "gives a part after `finish`", follows: "int", partial: "half " }, () =>
    parts(TEXT, FINISH, TEXT),
  ),
  pluginRow({ sent: "never settles", follows: "next", ...SILENCE }, () => stuck()),
  pluginRow({ sent: "never settles after content", follows: "int", partial: "half ", ...SILENCE }, () =>
    stuck(TEXT),
  ),
];
