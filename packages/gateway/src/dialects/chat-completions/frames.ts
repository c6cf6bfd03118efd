import type { StreamPart, ToolCall } from "@fallthrough/core";
import type { StreamWriter } from "../dialect.ts";
import { escapeLineEnds } from "../line-ends.ts";
import { formatCallData, formatMessageData, formatThought } from "./opaque-fields.ts";
import { formatError } from "./write-error.ts";
import { createHead, formatFinishReason, formatSource, formatUsage, type ReplyForm } from "./write-reply.ts";

interface ToldCall {
  readonly index: number;
  /** The arguments so far. */
  text: string;
}

/** Keeps a waiting client, and the proxies between, from giving up. */
const KEEPALIVE = ": keepalive\n\n";

const AFTER = ',"logprobs":null,"finish_reason":null}]}\n\n';
const AFTER_TEXT = `}${AFTER}`;

/** Frames for one answer; the text around each delta is rendered once. */
export function createFrames(form: ReplyForm): StreamWriter {
  let shared = "";
  let before = "";
  let beforeText = "";
  const warnings: object[] = [];
  const calls = new Map<string, ToldCall>();
  let begun = false;
  /** What was thought since the last thought that was signed. */
  let thought = "";

  function delta(json: string): string {
    return before + escapeLineEnds(json) + AFTER;
  }

  function renderCall({ id, name, arguments: text, providerData }: Readonly<ToolCall>): string {
    const data = formatCallData(providerData);
    const known = calls.get(id);
    if (known !== undefined) {
      known.text += text;
      if (text === "" && data.extra_content === undefined) return "";
      return callDelta(known.index, { function: { arguments: text }, ...data });
    }
    const { size: index } = calls;
    calls.set(id, { index, text });
    return callDelta(index, { id, type: "function", function: { name, arguments: text }, ...data });
  }

  function callDelta(
    index: number,
    call: { readonly id?: string; readonly type?: "function"; readonly function: object },
  ): string {
    if (!form.legacyFunctions) return delta(JSON.stringify({ tool_calls: [{ index, ...call }] }));
    return index === 0 ? delta(JSON.stringify({ function_call: call.function })) : "";
  }

  function renderThought(part: StreamPart & { readonly type: "reasoning-delta" }): string {
    const { delta: text, providerData } = part;
    if (providerData === undefined) {
      thought += text;
      return delta(`{"reasoning_content":${JSON.stringify(text)}}`);
    }
    const data = formatThought(thought + text, providerData);
    thought = "";
    return delta(JSON.stringify({ ...(text === "" ? {} : { reasoning_content: text }), ...data }));
  }

  function renderEnd(part: StreamPart & { readonly type: "finish" }): string {
    const { finishReason, rawFinishReason, providerData } = part;
    const finish_reason = formatFinishReason(finishReason, rawFinishReason, form.legacyFunctions);
    const choices = [{ index: 0, delta: {}, logprobs: null, finish_reason }];
    const last = { choices, ...(warnings.length === 0 ? {} : { warnings }) };
    const data = formatMessageData(providerData);
    const opaque = Object.keys(data).length === 0 ? "" : delta(JSON.stringify(data));
    const usage = form.includeUsage ? formatUsage(part.usage) : undefined;
    const counted = usage === undefined ? "" : chunk({ choices: [], usage });
    return `${opaque}${chunk(last)}${counted}data: [DONE]\n\n`;
  }

  function chunk(fields: object): string {
    return `data: ${escapeLineEnds(`${shared},${JSON.stringify(fields).slice(1)}`)}\n\n`;
  }

  function renderPart(part: StreamPart): string {
    switch (part.type) {
      case "text-delta":
        return beforeText + escapeLineEnds(JSON.stringify(part.delta)) + AFTER_TEXT;
      case "reasoning-delta":
        return renderThought(part);
      case "tool-call-delta":
        return renderCall({ id: part.id, name: part.name, arguments: part.delta });
      case "tool-call":
        // what the deltas have sent already is not sent again
        return renderCall({ ...part, arguments: part.arguments.slice(calls.get(part.id)?.text.length ?? 0) });
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
    begin(answerer) {
      const head = { ...createHead(answerer), object: "chat.completion.chunk" };
      shared = escapeLineEnds(JSON.stringify(head).slice(0, -1));
      before = `data: ${shared},"choices":[{"index":0,"delta":`;
      beforeText = `${before}{"content":`;
      return "";
    },

    write(part) {
      const frames = renderPart(part);
      if (begun || frames === "") return frames;
      begun = true;
      return delta('{"role":"assistant","content":""}') + frames;
    },

    keepAlive: () => KEEPALIVE,

    // no end marker follows
    fail: (failure) => `data: ${escapeLineEnds(JSON.stringify(formatError(failure)))}\n\n`,
  };
}
