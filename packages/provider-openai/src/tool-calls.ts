import type { JsonObject, StreamPart } from "@fallthrough/core";
import { type CallsEnd, completeCall, fieldsOf, isWholeObject, textOf } from "@fallthrough/core/provider";

/** Puts the tool calls of an answer together from their pieces. */
export interface ToolCalls {
  /** Adds the deltas that these pieces give to `parts`. */
  take(pieces: readonly unknown[], parts: StreamPart[]): void;
  /** The complete calls; @throws `protocol` for one without a name, `interrupted` for a cut one where nobody said why */
  complete(end: CallsEnd): StreamPart[];
}

interface OpenCall {
  readonly id: string;
  /** As the server named it; calls of one answer may share it. */
  readonly givenId: string;
  /** Blank until a piece brings it. */
  name: string;
  arguments: string;
  /** Arguments that are not given yet: they came before the name, may only keep a place, or are whole beside `extra`. */
  held: string;
  /** What only the server understands. */
  extra: JsonObject | undefined;
}

/** A piece of a call, as far as it can be read. */
interface Piece {
  readonly index: unknown;
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
  readonly extra: unknown;
}

/** What some servers send first, in the place of arguments that follow. */
const PLACEHOLDER = "{}";

/** The tool calls of one answer of `provider`, empty at first. */
export function createToolCalls(provider: string): ToolCalls {
  const calls: OpenCall[] = [];
  const byIndex = new Map<unknown, OpenCall>();

  function callOf(piece: Piece): OpenCall {
    const { index, id, name } = piece;
    const known =
      typeof index === "number"
        ? (byIndex.get(index) ?? (name === "" ? lastWithId(id) : undefined))
        : knownById(id, name);
    if (known !== undefined && !beginsAnother(known, piece)) return known;
    const call = {
      id: id === "" || calls.some((other) => other.id === id) ? `call_${crypto.randomUUID()}` : id,
      givenId: id,
      // a whole value behind another one repeats neither name nor id
      name: name === "" && known !== undefined ? known.name : "",
      arguments: "",
      held: "",
      extra: undefined,
    };
    calls.push(call);
    byIndex.set(index, call);
    return call;
  }

  /** Without an index, a name begins a call, and what has none goes on with the last one. */
  function knownById(id: string, name: string): OpenCall | undefined {
    return lastWithId(id) ?? (name === "" ? calls.at(-1) : undefined);
  }

  function lastWithId(id: string): OpenCall | undefined {
    return id === "" ? undefined : calls.findLast((call) => call.givenId === id);
  }

  return {
    take(pieces, parts) {
      for (const value of pieces) {
        const piece = parsePiece(value);
        const call = callOf(piece);
        if (piece.extra !== undefined) call.extra = { ...call.extra, ...fieldsOf(piece.extra) } as JsonObject;
        call.name ||= piece.name;
        if (call.arguments.trim() === PLACEHOLDER && piece.arguments.trim() !== "") {
          call.arguments = "";
          call.held = "";
        }
        call.arguments += piece.arguments;
        const delta = call.held + piece.arguments;
        const isHeld = call.name === "" || call.arguments.trim() === PLACEHOLDER || isSealed(call, delta);
        call.held = isHeld ? delta : "";
        if (call.held === "" && delta !== "") {
          parts.push({ type: "tool-call-delta", id: call.id, name: call.name, delta });
        }
      }
    },

    complete(end) {
      return calls.flatMap(({ id, name, arguments: text, held, extra }): StreamPart[] => {
        const call = { id, name, arguments: text };
        const data = extra === undefined ? {} : { providerData: { [provider]: { extra_content: extra } } };
        const parts = completeCall({ ...call, ...data }, end);
        // who reads deltas looks for what is opaque beside the first one
        if (held === "" || parts.length === 0 || extra !== undefined) return parts;
        return [{ type: "tool-call-delta", id, name, delta: held }, ...parts];
      });
    },
  };
}

/** Whether a call came whole with what only the server understands, as Gemini's do. */
function isSealed({ arguments: text, extra }: OpenCall, delta: string): boolean {
  return extra !== undefined && delta === text && isWholeObject(text);
}

/** Whether this piece is the start of another call, though its index is that of a known one. */
function beginsAnother(known: OpenCall, { id, name, arguments: text }: Piece): boolean {
  if (known.name === "") return false;
  if (name !== "" && name !== known.name) return true;
  if (name !== "" && id !== "" && id !== known.givenId) return true;
  // a name that is repeated with nothing behind it says nothing; the piece first, because it is the shorter one
  if (name === "" ? !isWholeObject(text) : text.trim() === "") return false;
  const isSame = name === "" || (id !== "" && id === known.givenId);
  if (isSame && known.arguments.trim() === PLACEHOLDER) return false;
  return isWholeObject(known.arguments);
}

function parsePiece(value: unknown): Piece {
  const { index, id, function: called, extra_content } = fieldsOf(value);
  const { name, arguments: given } = fieldsOf(called);
  return {
    index,
    id: textOf(id),
    name: textOf(name),
    arguments: typeof given === "object" && given !== null ? JSON.stringify(given) : textOf(given),
    extra: extra_content ?? undefined,
  };
}
