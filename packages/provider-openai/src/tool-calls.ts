import { ChatError, type StreamPart } from "@fallthrough/core";
import { fieldsOf, parseJson, quote } from "@fallthrough/core/provider";

/** Puts the tool calls of an answer together from their pieces. */
export interface ToolCalls {
  /** Adds the deltas that these pieces give to `parts`. */
  take(pieces: readonly unknown[], parts: StreamPart[]): void;
  /** The complete calls; @throws `interrupted` for arguments that were cut */
  complete(): StreamPart[];
}

interface OpenCall {
  readonly id: string;
  /** Blank until a piece brings it. */
  name: string;
  arguments: string;
  /** Arguments that came before the name. */
  held: string;
}

/** The tool calls of one answer, of which there are none yet. */
export function createToolCalls(): ToolCalls {
  const calls: OpenCall[] = [];
  const byIndex = new Map<unknown, OpenCall>();

  function callOf(index: unknown, id: string, name: string): OpenCall {
    const known = typeof index === "number" ? byIndex.get(index) : knownById(id, name);
    // some servers give every call the index 0: another id with a name begins another call
    const another = known !== undefined && id !== "" && id !== known.id && name !== "" && known.name !== "";
    if (known !== undefined && !another) return known;
    const call = { id: id || `call_${crypto.randomUUID()}`, name: "", arguments: "", held: "" };
    calls.push(call);
    byIndex.set(index, call);
    return call;
  }

  /** Without an index, a name begins a call, and what has none goes on with the last one. */
  function knownById(id: string, name: string): OpenCall | undefined {
    return calls.find((call) => call.id === id) ?? (name === "" ? calls.at(-1) : undefined);
  }

  return {
    take(pieces, parts) {
      for (const piece of pieces) {
        const { index, id, function: called } = fieldsOf(piece);
        const { name, arguments: given } = fieldsOf(called);
        const call = callOf(index, textOf(id), textOf(name));
        const text = typeof given === "object" && given !== null ? JSON.stringify(given) : textOf(given);
        call.name ||= textOf(name);
        call.arguments += text;
        const delta = call.held + text;
        call.held = call.name === "" ? delta : "";
        if (call.name !== "" && delta !== "") {
          parts.push({ type: "tool-call-delta", id: call.id, name: call.name, delta });
        }
      }
    },

    complete() {
      return calls.map(({ id, name, arguments: text }) => {
        if (name === "") throw new ChatError("protocol", "the answer has a tool call without a name");
        const complete = text.trim() === "" ? "{}" : text;
        parseJson(complete, `the call of tool ${quote(name)}`);
        return { type: "tool-call", id, name, arguments: complete };
      });
    },
  };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
