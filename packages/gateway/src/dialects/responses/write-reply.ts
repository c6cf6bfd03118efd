import type {
  FinishPart,
  ProviderData,
  Source,
  StreamPart,
  ToolCall,
  Usage,
  Warning,
} from "@fallthrough/core";
import type { Failure } from "../../failure-answer.ts";
import { type Answerer, formatReference, type StreamWriter } from "../dialect.ts";
import type { EventForm } from "./event-form.ts";
import { createId, type Item, unwrapCustomInput } from "./items.ts";
import type { ResponseRequest } from "./read-request.ts";
import { formatSealedData, type SealedData } from "./sealed-data.ts";
import { failedCode, formatError } from "./write-error.ts";

/** Writes one response, as it comes and whole. */
export interface ResponseWriter extends StreamWriter {
  /** The whole response, once every part is written. */
  format(answerer: Answerer): object;
}

/** How a response ended. */
interface ResponseEnd {
  /** Its id. */
  readonly id: string;
  /** Its items; none where the call failed. */
  readonly output?: readonly Item[] | undefined;
}

/** What a response is written with. */
export interface ResponseWriting {
  /** How events are written; none are where the response is told whole. */
  readonly form?: EventForm | undefined;
  /** Told once the response is over. */
  readonly onEnd: (end: ResponseEnd) => void;
}

type Status = "in_progress" | "completed" | "incomplete";

interface Content {
  readonly type: "output_text";
  text: string;
  readonly annotations: object[];
  readonly logprobs: readonly never[];
}

interface OpenMessage {
  readonly index: number;
  readonly item: {
    readonly type: "message";
    readonly id: string;
    status: Status;
    readonly role: "assistant";
    readonly content: readonly Content[];
  };
  readonly content: Content;
  /** What stands around the number and the text of a delta. */
  readonly before: string;
  readonly between: string;
}

interface OpenThought {
  readonly index: number;
  readonly item: {
    readonly type: "reasoning";
    readonly id: string;
    readonly summary: readonly { text: string }[];
    encrypted_content?: string;
  };
  readonly part: { readonly type: "summary_text"; text: string };
  readonly before: string;
  readonly between: string;
}

interface OpenCall {
  readonly index: number;
  readonly item: {
    readonly type: "function_call";
    readonly id: string;
    readonly call_id: string;
    readonly name: string;
    arguments: string;
    status: Status;
  };
  readonly before: string;
  readonly between: string;
}

const INCOMPLETE: ReadonlyMap<string, string> = new Map([
  ["length", "max_output_tokens"],
  ["content-filter", "content_filter"],
]);

/** A response of which nothing has come; the text around each delta is rendered once. */
export function createResponseWriter(
  request: ResponseRequest,
  { form, onEnd }: ResponseWriting,
): ResponseWriter {
  const id = createId("resp");
  const createdAt = seconds();
  const warnings: Warning[] = [...request.warnings];
  /** The items, as far as they have come. */
  const output: Item[] = [];
  const calls = new Map<string, OpenCall>();
  /** Sources that came while no text was open. */
  let sources: Source[] = [];
  let model = request.chat.model ?? "auto";
  let echoed = "";
  let sequence = 0;
  let created = false;
  let message: OpenMessage | undefined;
  let thought: OpenThought | undefined;
  let ended: object = { status: "in_progress" };

  function tell(type: string, fields: object): string {
    return form === undefined ? "" : tellJson(type, JSON.stringify(fields).slice(1));
  }

  function tellJson(type: string, json: string): string {
    if (form === undefined) return "";
    return `${form.open(type)}{"type":"${type}","sequence_number":${sequence++},${form.escape(json)}${form.close}`;
  }

  /** What stands before the number of a delta, and what between that and its text. */
  function frameOf(type: string, fields: object): Pick<OpenMessage, "before" | "between"> {
    if (form === undefined) return { before: "", between: "" };
    return {
      before: `${form.open(type)}{"type":"${type}","sequence_number":`,
      between: `,${JSON.stringify(fields).slice(1, -1)},"delta":`,
    };
  }

  function tellDelta({ before, between }: Pick<OpenMessage, "before" | "between">, delta: string): string {
    if (form === undefined) return "";
    return `${before}${sequence++}${between}${form.escape(JSON.stringify(delta))}}${form.close}`;
  }

  function tellState(type: string): string {
    if (form === undefined) return "";
    echoed ||= JSON.stringify(request.echo).slice(1);
    return tellJson(type, `"response":${JSON.stringify(stateOf()).slice(0, -1)},${echoed}}`);
  }

  /** What a response object says beside what it repeats of the request. */
  function stateOf(): object {
    return {
      id,
      object: "response",
      created_at: createdAt,
      completed_at: null,
      error: null,
      incomplete_details: null,
      model,
      output,
      usage: null,
      ...ended,
      ...(warnings.length === 0 ? {} : { "fallthrough:warnings": warnings }),
    };
  }

  function start(): string {
    if (created) return "";
    created = true;
    return tellState("response.created") + tellState("response.in_progress");
  }

  function openMessage(): OpenMessage {
    const content: Content = { type: "output_text", text: "", annotations: [], logprobs: [] };
    const item = {
      type: "message" as const,
      id: createId("msg"),
      status: "in_progress" as Status,
      role: "assistant" as const,
      content: [content],
    };
    const index = output.length;
    const fields = { item_id: item.id, output_index: index, content_index: 0, logprobs: [] };
    return { index, item, content, ...frameOf("response.output_text.delta", fields) };
  }

  function beginMessage(): string {
    message = openMessage();
    const { index: output_index, item, content } = message;
    const told = tell("response.output_item.added", { output_index, item: { ...item, content: [] } });
    output.push(item);
    const place = { item_id: item.id, output_index, content_index: 0 };
    return told + tell("response.content_part.added", { ...place, part: content }) + tellSources();
  }

  function writeText(delta: string): string {
    if (delta === "") return "";
    let told = "";
    if (message === undefined) told = endThought() + beginMessage();
    const open = message as unknown as OpenMessage;
    open.content.text += delta;
    return told + tellDelta(open, delta);
  }

  function endMessage(status: Status): string {
    if (message === undefined) return "";
    const { index: output_index, item, content } = message;
    message = undefined;
    item.status = status;
    const place = { item_id: item.id, output_index, content_index: 0 };
    return (
      tell("response.output_text.done", { ...place, text: content.text, logprobs: [] }) +
      tell("response.content_part.done", { ...place, part: content }) +
      tell("response.output_item.done", { output_index, item })
    );
  }

  /** A page has no place in the text, so it stands at what is there of it. */
  function tellSources(): string {
    if (message === undefined) return "";
    const { index: output_index, item, content } = message;
    let told = "";
    for (const { url, title } of sources) {
      const { length } = content.text;
      const annotation = {
        type: "url_citation",
        url,
        title: title ?? url,
        start_index: length,
        end_index: length,
      };
      const place = { item_id: item.id, output_index, content_index: 0 };
      const annotation_index = content.annotations.push(annotation) - 1;
      told += tell("response.output_text.annotation.added", { ...place, annotation_index, annotation });
    }
    sources = [];
    return told;
  }

  function beginThought(): string {
    const part = { type: "summary_text" as const, text: "" };
    const item = { type: "reasoning" as const, id: createId("rs"), summary: [part] };
    const index = output.length;
    const place = { item_id: item.id, output_index: index, summary_index: 0 };
    const told = tell("response.output_item.added", { output_index: index, item: { ...item, summary: [] } });
    output.push(item);
    thought = { index, item, part, ...frameOf("response.reasoning_summary_text.delta", place) };
    return told + tell("response.reasoning_summary_part.added", { ...place, part });
  }

  function writeThought(delta: string, data: ProviderData | undefined): string {
    let told = "";
    if (delta !== "") {
      if (thought === undefined) told = endMessage("completed") + beginThought();
      const open = thought as unknown as OpenThought;
      open.part.text += delta;
      told += tellDelta(open, delta);
    }
    if (data === undefined) return told;
    if (thought === undefined) told += endMessage("completed");
    const [first, ...others] = formatSealedData(data, (own) => ({ thought: own }));
    return (
      told + (thought === undefined ? tellSealed(first) : endThought(first)) + others.map(tellSealed).join("")
    );
  }

  function endThought(sealed?: string): string {
    if (thought === undefined) return "";
    const { index: output_index, item, part } = thought;
    thought = undefined;
    if (sealed !== undefined) item.encrypted_content = sealed;
    const place = { item_id: item.id, output_index, summary_index: 0 };
    return (
      tell("response.reasoning_summary_text.done", { ...place, text: part.text }) +
      tell("response.reasoning_summary_part.done", { ...place, part }) +
      tell("response.output_item.done", { output_index, item })
    );
  }

  /** An item that holds nothing for people. */
  function tellSealed(encrypted_content: string | undefined): string {
    if (encrypted_content === undefined) return "";
    const item = { type: "reasoning", id: createId("rs"), summary: [], encrypted_content };
    return tellItem(item);
  }

  function tellItem(item: Item): string {
    const output_index = output.push(item) - 1;
    return (
      tell("response.output_item.added", { output_index, item }) +
      tell("response.output_item.done", { output_index, item })
    );
  }

  function sealData(data: ProviderData | undefined, place: Parameters<typeof formatSealedData>[1]): string {
    return formatSealedData(data, place).map(tellSealed).join("");
  }

  function beginCall(call_id: string, name: string): string {
    const told = endThought() + endMessage("completed");
    const item = {
      type: "function_call" as const,
      id: createId("fc"),
      call_id,
      name,
      arguments: "",
      status: "in_progress" as Status,
    };
    const index = output.length;
    const place = { item_id: item.id, output_index: index };
    calls.set(call_id, { index, item, ...frameOf("response.function_call_arguments.delta", place) });
    const added = tell("response.output_item.added", { output_index: index, item });
    output.push(item);
    return told + added;
  }

  function writeCallDelta(call_id: string, name: string, delta: string): string {
    // its input can be read only once it is whole
    if (request.custom.has(name)) return "";
    const told = calls.has(call_id) ? "" : beginCall(call_id, name);
    const call = calls.get(call_id) as OpenCall;
    if (delta === "") return told;
    call.item.arguments += delta;
    return told + tellDelta(call, delta);
  }

  function writeCall({ id: call_id, name, arguments: text, providerData }: Readonly<ToolCall>): string {
    const sealed = (own: SealedData["thought"]): SealedData => ({ calls: { [call_id]: own ?? {} } });
    if (request.custom.has(name))
      return writeCustomCall(call_id, name, text) + sealData(providerData, sealed);
    let told = calls.has(call_id) ? "" : beginCall(call_id, name);
    const call = calls.get(call_id) as OpenCall;
    const before = call.item.arguments;
    // what the deltas have told already is not told again, and each call has a delta
    if (text !== before || before === "") told += tellDelta(call, text.slice(before.length));
    call.item.arguments = text;
    return told + endCall(call, "completed") + sealData(providerData, sealed);
  }

  function endCall({ index: output_index, item }: OpenCall, status: Status): string {
    calls.delete(item.call_id);
    item.status = status;
    const place = { item_id: item.id, output_index };
    return (
      tell("response.function_call_arguments.done", {
        ...place,
        name: item.name,
        arguments: item.arguments,
      }) + tell("response.output_item.done", { output_index, item })
    );
  }

  function writeCustomCall(call_id: string, name: string, text: string): string {
    const told = endThought() + endMessage("completed");
    const input = unwrapCustomInput(text);
    const item = { type: "custom_tool_call", id: createId("ctc"), call_id, name, input, status: "completed" };
    const place = { item_id: item.id, output_index: output.length };
    const { output_index } = place;
    const added = tell("response.output_item.added", {
      output_index,
      item: { ...item, input: "", status: "in_progress" },
    });
    output.push(item);
    return (
      told +
      added +
      tell("response.custom_tool_call_input.delta", { ...place, delta: input }) +
      tell("response.custom_tool_call_input.done", { ...place, input }) +
      tell("response.output_item.done", { output_index, item })
    );
  }

  function writeEnd({ finishReason, usage, providerData }: FinishPart): string {
    const reason = INCOMPLETE.get(finishReason);
    const status = reason === undefined ? "completed" : "incomplete";
    let told = endThought();
    for (const call of [...calls.values()]) told += endCall(call, "incomplete");
    if (sources.length > 0) told += message === undefined ? beginMessage() : tellSources();
    told += endMessage(status);
    // an item that was cut is the last one
    if (reason === undefined) told += sealData(providerData, (own) => ({ message: own }));
    ended = {
      status,
      completed_at: reason === undefined ? seconds() : null,
      incomplete_details: reason === undefined ? null : { reason },
      usage: formatUsage(usage),
    };
    told += tellState(`response.${status}`) + (form?.end ?? "");
    onEnd({ id, output });
    return told;
  }

  return {
    begin(answerer) {
      model = formatReference(answerer) || model;
      return start();
    },

    write(part: StreamPart) {
      switch (part.type) {
        case "text-delta":
          return writeText(part.delta);
        case "reasoning-delta":
          return writeThought(part.delta, part.providerData);
        case "tool-call-delta":
          return writeCallDelta(part.id, part.name, part.delta);
        case "tool-call":
          return writeCall(part);
        case "source":
          sources.push(part);
          return tellSources();
        case "warning":
          warnings.push({ code: part.code, message: part.message });
          return "";
        case "finish":
          return writeEnd(part);
        default:
          // of what a later minor of the contract adds, this protocol says nothing
          return "";
      }
    },

    // an event, because clients that count the time between events do not count comments
    keepAlive: () => (created ? tellState("response.in_progress") : start()),

    fail(failure: Failure) {
      const { error } = formatError(failure);
      let told = start();
      const { type, message: words, param } = error;
      const code = failedCode(failure);
      // readers differ in where they look for it
      told += tell("error", {
        status: failure.status,
        code,
        message: words,
        param,
        error: { ...error, type, code },
      });
      for (const { item } of [...calls.values(), ...(message === undefined ? [] : [message])])
        item.status = "incomplete";
      ended = { status: "failed", error: { code, message: words } };
      told += tellState("response.failed");
      onEnd({ id });
      return told + (form?.end ?? "");
    },

    format(answerer) {
      model = formatReference(answerer) || model;
      return { ...stateOf(), ...request.echo };
    },
  };
}

/** Token counts, all of them or none: clients that read one read every one. */
export function formatUsage(usage: Usage | undefined): object | null {
  if (usage === undefined) return null;
  const { inputTokens = 0, outputTokens = 0, totalTokens = inputTokens + outputTokens } = usage;
  return {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: usage.cachedInputTokens ?? 0 },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens ?? 0 },
    total_tokens: totalTokens,
  };
}

function seconds(): number {
  return Math.floor(Date.now() / 1000);
}
