import { useRef, useState } from "preact/hooks";
import { ask, type Problem, Refused, readEvents } from "./gateway.ts";

/** One question with its answer. */
export interface Turn {
  /** The id of the request, by which its route is found. */
  readonly id: string;
  readonly question: string;
  /** The answer so far, in blocks, of which only the last one changes. */
  readonly blocks: readonly string[];
  readonly state: "running" | "done" | "stopped" | "failed";
  /** What went wrong. */
  readonly problem?: Problem | undefined;
}

/** A conversation. */
export interface Conversation {
  readonly turns: readonly Turn[];
  readonly isRunning: boolean;
  send(question: string, model: string): void;
  stop(): void;
  clear(): void;
}

/** Characters of a block: a browser lays out only what changes. */
const BLOCK = 8_192;
/** How often what has come is shown. */
const SHOW_MS = 60;
const ROOM = 1_024;
/** The status of an answer that breaks. */
const OK = 200;

/** A conversation with the gateway, over its own API. */
export function useChat(token: string): Conversation {
  const [turns, setTurns] = useState<readonly Turn[]>([]);
  const running = useRef<AbortController | undefined>(undefined);
  const isRunning = turns.at(-1)?.state === "running";

  function change(id: string, to: Partial<Turn>): void {
    setTurns((all) => all.map((turn) => (turn.id === id ? { ...turn, ...to } : turn)));
  }

  async function run(id: string, model: string, messages: readonly object[]): Promise<void> {
    const controller = new AbortController();
    running.current = controller;
    const blocks: string[] = [""];
    let shownAt = 0;
    const take = (text: string): void => {
      let rest = text;
      while (rest !== "") {
        const last = blocks[blocks.length - 1] ?? "";
        const piece = rest.slice(0, cutAt(rest, BLOCK - last.length));
        blocks[blocks.length - 1] = last + piece;
        rest = rest.slice(piece.length);
        if (rest !== "") blocks.push("");
      }
      if (performance.now() - shownAt < SHOW_MS) return;
      shownAt = performance.now();
      change(id, { blocks: [...blocks] });
    };
    try {
      const response = await ask("/v1/chat/completions", token, {
        method: "POST",
        headers: { "content-type": "application/json", "x-request-id": id },
        body: JSON.stringify({ model, messages, stream: true }),
        signal: controller.signal,
      });
      let isWhole = false;
      for await (const { data } of readEvents(response, Number.MAX_SAFE_INTEGER % 0x7fffffff)) {
        if (data === "[DONE]") isWhole = true;
        else take(deltaOf(JSON.parse(data)));
      }
      if (!isWhole) throw new Error("the answer ended before its end");
      change(id, { blocks: [...blocks], state: "done" });
    } catch (error) {
      const state = controller.signal.aborted ? "stopped" : "failed";
      const problem = controller.signal.aborted ? undefined : problemOf(error as Error);
      change(id, { blocks: [...blocks], state, problem });
    }
  }

  return {
    turns,
    isRunning,
    send(question, model) {
      const id = `page-${crypto.getRandomValues(new Uint32Array(3)).join("-")}`;
      const messages = [...turns, { question, blocks: [] }].flatMap(({ question: asked, blocks }) => [
        { role: "user", content: asked },
        ...(blocks.join("") === "" ? [] : [{ role: "assistant", content: blocks.join("") }]),
      ]);
      setTurns([...turns, { id, question, blocks: [], state: "running" }]);
      void run(id, model, messages);
    },
    stop: () => running.current?.abort(),
    clear() {
      running.current?.abort();
      setTurns([]);
    },
  };
}

/** A place to cut at, never within a surrogate pair. */
function cutAt(text: string, room: number): number {
  const end = Math.max(room, room < ROOM ? 0 : 1);
  if (text.length <= end) return text.length;
  const code = text.charCodeAt(end - 1);
  return code >= 0xd800 && code <= 0xdbff ? end - 1 : end;
}

interface Chunk {
  readonly error?: Partial<Problem>;
  readonly choices?: readonly { readonly delta?: { readonly content?: string | null } }[];
}

function problemOf(error: Error): Problem {
  return error instanceof Refused ? error.problem : { message: error.message };
}

/** The text of a chunk; throws what the gateway tells instead */
function deltaOf({ error, choices = [] }: Chunk): string {
  if (error !== undefined) throw new Refused(OK, { message: "the call failed", ...error });
  return choices[0]?.delta?.content ?? "";
}
