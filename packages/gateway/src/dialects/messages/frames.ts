import type { JsonObject, JsonValue, Warning } from "@fallthrough/core";
import type { StreamWriter } from "../dialect.ts";
import { escapeLineEnds } from "../line-ends.ts";
import { createBlocks } from "./blocks.ts";
import { formatError } from "./write-error.ts";
import { createHead, formatEnd, formatUsage, formatWarnings } from "./write-reply.ts";

/** Clients pass over it, and count it as a sign of life. */
const PING = formatEvent("ping", {});
const MESSAGE_STOP = formatEvent("message_stop", {});

/** The events of one answer; the text around each delta is rendered once for each block. `own` is what the gateway left out itself. */
export function createFrames(own: readonly Warning[]): StreamWriter {
  const warnings: Warning[] = [...own];
  let index = -1;
  let isThought = false;
  /** What goes before the text of a delta of the open block. */
  let before = "";
  let frames = "";

  function delta(fields: JsonObject): string {
    return formatEvent("content_block_delta", { index, delta: fields });
  }

  function addDelta(text: string): void {
    frames += `${before}${escapeLineEnds(JSON.stringify(text))}}}\n\n`;
  }

  const blocks = createBlocks({
    open(block) {
      index++;
      isThought = block["type"] === "thinking";
      before = beforeDelta(index, block["type"]);
      frames += formatEvent("content_block_start", { index, content_block: block });
    },
    addText: addDelta,
    addThought: addDelta,
    addArguments: addDelta,
    addCitation(citation) {
      frames += delta({ type: "citations_delta", citation });
    },
    close(signature) {
      // a client that keeps the thought keeps what proves it
      if (isThought && signature !== "") frames += delta({ type: "signature_delta", signature });
      frames += formatEvent("content_block_stop", { index });
    },
  });

  return {
    begin(answerer) {
      const head = { ...createHead(answerer), content: [], stop_reason: null, stop_sequence: null };
      return formatEvent("message_start", { message: { ...head, usage: { ...formatUsage() } } });
    },

    write(part) {
      frames = "";
      if (part.type === "warning") warnings.push({ code: part.code, message: part.message });
      blocks.take(part);
      if (part.type !== "finish") return frames;
      const end = { delta: formatEnd(part), usage: formatUsage(part.usage), ...formatWarnings(warnings) };
      return frames + formatEvent("message_delta", end) + MESSAGE_STOP;
    },

    keepAlive: () => PING,

    // no `message_stop` follows
    fail: (failure) => formatEvent("error", formatError(failure)),
  };
}

const DELTAS: Readonly<Record<string, string>> = {
  text: '"type":"text_delta","text":',
  thinking: '"type":"thinking_delta","thinking":',
  tool_use: '"type":"input_json_delta","partial_json":',
};

function beforeDelta(index: number, type: JsonValue | undefined): string {
  const name = "content_block_delta";
  return `event: ${name}\ndata: {"type":"${name}","index":${index},"delta":{${DELTAS[`${type}`]}`;
}

function formatEvent(type: string, fields: object): string {
  return `event: ${type}\ndata: ${escapeLineEnds(JSON.stringify({ type, ...fields }))}\n\n`;
}
