import {
  ChatError,
  type FinishPart,
  type FinishReason,
  type JsonObject,
  type StreamPart,
  type Usage,
  type Warning,
} from "@fallthrough/core";
import { countOf, fieldsOf, textOf, visibleHeaders } from "@fallthrough/core/provider";
import { isUsual, LAYOUT, type LaidBlock } from "./layout.ts";

/** What the parts of a model mean, in any version of the specification. */
export interface StreamReader {
  /** The parts that one part means; @throws what an error part holds */
  read(part: unknown): StreamPart[];
}

/** A reader for the answer of the provider with this id, whose head had these headers. */
export function createStreamReader(
  id: string,
  headers: Readonly<Record<string, string>> | undefined,
): StreamReader {
  return new AnswerReader(id, headers);
}

type Fields = Readonly<Record<string, unknown>>;

const REASONS: readonly FinishReason[] = ["stop", "length", "content-filter", "tool-calls", "other"];

class AnswerReader implements StreamReader {
  private readonly id: string;
  private readonly headers: Readonly<Record<string, string>> | undefined;
  private readonly layout: LaidBlock[] = [];
  private textLength = 0;
  private thoughtLength = 0;
  /** What the model wants back with the block that is open, the last that it told. */
  private options: JsonObject | undefined = undefined;
  private readonly callNames = new Map<string, string>();
  private modelId: string | undefined = undefined;
  private responseId: string | undefined = undefined;

  constructor(id: string, headers: Readonly<Record<string, string>> | undefined) {
    this.id = id;
    this.headers = headers;
  }

  read(part: unknown): StreamPart[] {
    const fields = fieldsOf(part);
    const id = textOf(fields["id"]);
    const delta = textOf(fields["delta"]);
    switch (fields["type"]) {
      case "stream-start":
        return listOf(fields["warnings"]).map(readWarning);
      case "response-metadata":
        this.modelId = textOf(fields["modelId"]) || this.modelId;
        this.responseId = textOf(fields["id"]) || this.responseId;
        return [];
      case "text-start":
        this.textLength = 0;
        this.options = optionsOf(fields);
        return [];
      case "text-delta":
        this.textLength += delta.length;
        this.options = optionsOf(fields) ?? this.options;
        return delta === "" ? [] : [{ type: "text-delta", delta }];
      case "text-end":
        this.endText(optionsOf(fields) ?? this.options);
        return [];
      case "reasoning-start":
        this.thoughtLength = 0;
        this.options = optionsOf(fields);
        return [];
      case "reasoning-delta":
        this.thoughtLength += delta.length;
        this.options = optionsOf(fields) ?? this.options;
        return delta === "" ? [] : [{ type: "reasoning-delta", delta }];
      case "reasoning-end":
        return this.endThought(optionsOf(fields) ?? this.options);
      case "tool-input-start":
        if (fields["providerExecuted"] !== true) this.callNames.set(id, textOf(fields["toolName"]));
        return [];
      case "tool-input-delta": {
        const name = this.callNames.get(id);
        return name === undefined || delta === "" ? [] : [{ type: "tool-call-delta", id, name, delta }];
      }
      case "tool-call":
        return this.readCall(fields);
      case "source":
        return readSource(fields);
      case "file":
      case "reasoning-file":
        return [{ type: "warning", code: "other", message: "the model made a file, which was left out" }];
      case "error":
        throw fields["error"];
      case "finish":
        return [this.finish(fields)];
      default:
        // what a later version of the specification adds is no content of ours
        return [];
    }
  }

  private endText(options: JsonObject | undefined): void {
    const { textLength: length } = this;
    this.options = undefined;
    if (length === 0 && options === undefined) return;
    const last = this.layout.at(-1);
    if (options === undefined && last?.type === "text" && last.options === undefined) {
      this.layout[this.layout.length - 1] = { ...last, length: last.length + length };
    } else this.layout.push({ type: "text", length, ...(options === undefined ? {} : { options }) });
  }

  private endThought(options: JsonObject | undefined): StreamPart[] {
    this.options = undefined;
    if (this.thoughtLength === 0 && options === undefined) return [];
    this.layout.push({ type: "reasoning" });
    // an empty one ends the thought, so that the next is another
    return [{ type: "reasoning-delta", delta: "", providerData: { [this.id]: options ?? {} } }];
  }

  private readCall(fields: Fields): StreamPart[] {
    // the vendor runs it, and tells its result in the text
    if (fields["providerExecuted"] === true) return [];
    this.layout.push({ type: "call" });
    const options = optionsOf(fields);
    return [
      {
        type: "tool-call",
        id: textOf(fields["toolCallId"]),
        name: textOf(fields["toolName"]),
        arguments: inputText(fields["input"]),
        ...(options === undefined ? {} : { providerData: { [this.id]: options } }),
      },
    ];
  }

  private finish(fields: Fields): FinishPart {
    const { layout, modelId, responseId, headers } = this;
    const { unified, raw } = readReason(fields["finishReason"]);
    if (unified === "error" || unified === "interrupted") {
      const code = unified === "error" ? "server" : "interrupted";
      throw new ChatError(code, `the model ended with ${JSON.stringify(raw ?? unified)}, expected an answer`);
    }
    const response = {
      ...(responseId === undefined ? {} : { id: responseId }),
      ...(headers === undefined ? {} : { headers: visibleHeaders(headers) }),
    };
    return {
      type: "finish",
      finishReason: REASONS.find((reason) => reason === unified) ?? "other",
      rawFinishReason: raw,
      usage: readUsage(fieldsOf(fields["usage"])),
      model: modelId,
      response: Object.keys(response).length === 0 ? undefined : response,
      providerData: isUsual(layout)
        ? undefined
        : { [this.id]: { [LAYOUT]: layout as readonly JsonObject[] } },
    };
  }
}

/** JSON text already; some vendors send nothing for a call without arguments. */
function inputText(input: unknown): string {
  const text = textOf(input) || JSON.stringify(input ?? {});
  return text.trim() === "" ? "{}" : text;
}

/** Version 2 has a word, later ones a word and the vendor's own. */
function readReason(value: unknown): {
  readonly unified: string | undefined;
  readonly raw?: string | undefined;
} {
  if (typeof value === "string") return { unified: value };
  const { unified, raw } = fieldsOf(value);
  return { unified: textOf(unified), raw: textOf(raw) || undefined };
}

/** Version 2 has plain counts, later ones have them in parts. */
function readUsage(usage: Fields): Usage | undefined {
  const input = fieldsOf(usage["inputTokens"]);
  const output = fieldsOf(usage["outputTokens"]);
  const inputTokens = countOf(usage["inputTokens"]) ?? countOf(input["total"]);
  const outputTokens = countOf(usage["outputTokens"]) ?? countOf(output["total"]);
  const total = countOf(usage["totalTokens"]);
  const counts = {
    inputTokens,
    outputTokens,
    totalTokens:
      total ??
      (inputTokens === undefined || outputTokens === undefined ? undefined : inputTokens + outputTokens),
    cachedInputTokens: countOf(usage["cachedInputTokens"]) ?? countOf(input["cacheRead"]),
    reasoningTokens: countOf(usage["reasoningTokens"]) ?? countOf(output["reasoning"]),
  };
  const known = Object.entries(counts).filter(([, count]) => count !== undefined);
  return known.length === 0 ? undefined : Object.fromEntries(known);
}

function readSource({ sourceType, url, title }: Fields): StreamPart[] {
  const address = textOf(url);
  if (sourceType !== "url" || address === "") return [];
  const named = textOf(title);
  return [{ type: "source", url: address, ...(named === "" ? {} : { title: named }) }];
}

function readWarning(warning: unknown): { readonly type: "warning" } & Warning {
  const { type, feature, setting, tool, details, message } = fieldsOf(warning);
  const about = textOf(feature) || textOf(setting) || textOf(fieldsOf(tool)["name"]);
  const words = [about, textOf(details) || textOf(message)].filter((text) => text !== "").join(": ");
  const kind = textOf(type) || "other";
  const code = kind.startsWith("unsupported")
    ? "unsupported"
    : kind === "compatibility"
      ? "adjusted"
      : "other";
  return { type: "warning", code, message: `the model warns of ${words === "" ? kind : words}` };
}

function optionsOf({ providerMetadata }: Fields): JsonObject | undefined {
  if (typeof providerMetadata !== "object" || providerMetadata === null) return undefined;
  return Object.keys(providerMetadata).length === 0 ? undefined : (providerMetadata as JsonObject);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
