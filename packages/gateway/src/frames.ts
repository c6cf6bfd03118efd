import type { StreamPart, Warning } from "@fallthrough/core";
import type { Failure } from "./failure-answer.ts";
import { type CompletionHead, formatFinishReason, formatSource, formatUsage } from "./openai-shape.ts";

/** Renders the parts of one answer as server-sent events. */
export interface Frames {
  /** The events that tell a part; blank where the client is told nothing yet. */
  render(part: StreamPart): string;
}

/** How an answer is told. */
export interface FramesOptions {
  readonly includeUsage: boolean;
  /** What was not handed on. */
  readonly warnings: readonly Warning[];
}

interface ToldCall {
  readonly index: number;
  /** The arguments so far. */
  text: string;
}

/** Keeps a waiting client and what stands between from giving up. */
export const KEEPALIVE: string = ": keepalive\n\n";

// some clients end a line at these too
const LINE_ENDS = /[\u0085\u2028\u2029]/g;

/** Frames for one answer; the text around each delta is rendered once. */
export function createFrames(head: CompletionHead, options: FramesOptions): Frames {
  const shared = JSON.stringify({ ...head, object: "chat.completion.chunk" }).slice(0, -1);
  const before = `data: ${escapeLineEnds(shared)},"choices":[{"index":0,"delta":`;
  const after = ',"logprobs":null,"finish_reason":null}]}\n\n';
  const beforeText = `${before}{"content":`;
  const afterText = `}${after}`;
  const warnings = [...options.warnings];
  const calls = new Map<string, ToldCall>();
  let begun = false;

  function delta(json: string): string {
    return before + escapeLineEnds(json) + after;
  }

  function renderCall(id: string, name: string, text: string): string {
    const known = calls.get(id);
    if (known !== undefined) {
      known.text += text;
      return text === "" ? "" : callDelta({ index: known.index, function: { arguments: text } });
    }
    const { size: index } = calls;
    calls.set(id, { index, text });
    return callDelta({ index, id, type: "function", function: { name, arguments: text } });
  }

  function callDelta(call: object): string {
    return delta(JSON.stringify({ tool_calls: [call] }));
  }

  function renderEnd(part: StreamPart & { readonly type: "finish" }): string {
    const finish_reason = formatFinishReason(part.finishReason);
    const choices = [{ index: 0, delta: {}, logprobs: null, finish_reason }];
    const last = { choices, ...(warnings.length === 0 ? {} : { warnings }) };
    const usage = options.includeUsage ? formatUsage(part.usage) : undefined;
    const counted = usage === undefined ? "" : chunk({ choices: [], usage });
    return `${chunk(last)}${counted}data: [DONE]\n\n`;
  }

  function chunk(fields: object): string {
    return `data: ${escapeLineEnds(`${shared},${JSON.stringify(fields).slice(1)}`)}\n\n`;
  }

  function renderPart(part: StreamPart): string {
    switch (part.type) {
      case "text-delta":
        return beforeText + escapeLineEnds(JSON.stringify(part.delta)) + afterText;
      case "reasoning-delta":
        return delta(`{"reasoning_content":${JSON.stringify(part.delta)}}`);
      case "tool-call-delta":
        return renderCall(part.id, part.name, part.delta);
      case "tool-call":
        // what the deltas have told already is not told again
        return renderCall(part.id, part.name, part.arguments.slice(calls.get(part.id)?.text.length ?? 0));
      case "source":
        return delta(JSON.stringify({ annotations: [formatSource(part)] }));
      case "warning":
        warnings.push({ code: part.code, message: part.message });
        return "";
      case "finish":
        return renderEnd(part);
      default:
        // of what a later minor of the contract adds, this protocol says nothing
        return "";
    }
  }

  return {
    render(part) {
      const frames = renderPart(part);
      if (begun || frames === "") return frames;
      begun = true;
      return delta('{"role":"assistant","content":""}') + frames;
    },
  };
}

/** The event that ends a stream which failed after its head; no end marker follows. */
export function renderFailure({ error }: Failure): string {
  return `data: ${escapeLineEnds(JSON.stringify({ error }))}\n\n`;
}

function escapeLineEnds(json: string): string {
  return json.replace(LINE_ENDS, (end) => `\\u${end.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
