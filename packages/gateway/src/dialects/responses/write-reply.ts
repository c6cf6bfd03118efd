import type { FinishPart, ProviderData, StreamPart, ToolCall, Warning } from "@fallthrough/core";
import type { Failure } from "../../failure-answer.ts";
import { type Answerer, formatReference, type StreamWriter } from "../dialect.ts";
import { createCallItems } from "./call-items.ts";
import type { EventForm } from "./event-form.ts";
import { createId, type Item, type ItemStatus } from "./items.ts";
import { createMessageItems } from "./message-items.ts";
import type { ResponseRequest } from "./read-request.ts";
import { createReasoningItems } from "./reasoning-items.ts";
import { createResponseEvents } from "./response-events.ts";
import { formatUsage } from "./usage.ts";
import { failedCode, formatError } from "./write-error.ts";

/** Writes one response, as it comes and whole. */
export interface ResponseWriter extends StreamWriter {
  /** The whole response as JSON text, once every part is written. */
  format(answerer: Answerer): string;
}

/** How a response ended. */
interface ResponseEnd {
  /** Its id. */
  readonly id: string;
  /** Its items; none where the call failed. */
  readonly output?: readonly Item[] | undefined;
  /** The whole of it as JSON text; nothing where the call failed. */
  readonly response?: string | undefined;
}

/** What a response is written with. */
export interface ResponseWriting {
  /** How events are written; absent for a response that is sent whole. */
  readonly form?: EventForm | undefined;
  /** Told once the response is over. */
  readonly onEnd: (end: ResponseEnd) => void;
}

const INCOMPLETE: ReadonlyMap<string, string> = new Map([
  ["length", "max_output_tokens"],
  ["content-filter", "content_filter"],
]);

/** A response of which nothing has come. */
export function createResponseWriter(
  request: ResponseRequest,
  { form, onEnd }: ResponseWriting,
): ResponseWriter {
  const id = createId("resp");
  const createdAt = seconds();
  const warnings: Warning[] = [...request.warnings];
  /** The items, as far as they have come. */
  const output: Item[] = [];
  const events = createResponseEvents(form);
  const messages = createMessageItems(output, events);
  const thoughts = createReasoningItems(output, events);
  const calls = createCallItems(output, events);
  let model = request.chat.model ?? "auto";
  let echoed = "";
  let created = false;
  let ended: object = { status: "in_progress" };

  /** An event with the response as it is now. */
  function tellState(type: string, response: string = formatResponse()): string {
    return events.tellJson(type, `"response":${response}}`);
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

  /** The response as it is now; what it repeats of the request is rendered once. */
  function formatResponse(): string {
    echoed ||= JSON.stringify(request.echo).slice(1);
    return `${JSON.stringify(stateOf()).slice(0, -1)},${echoed}`;
  }

  function start(): string {
    if (created) return "";
    created = true;
    const response = formatResponse();
    return tellState("response.created", response) + tellState("response.in_progress", response);
  }

  function writeThought(delta: string, data: ProviderData | undefined): string {
    if (delta === "" && data === undefined) return "";
    const closed = thoughts.isOpen ? "" : messages.end("completed");
    const told = delta === "" ? "" : thoughts.write(delta);
    return closed + told + (data === undefined ? "" : thoughts.seal(data));
  }

  /** Whatever is open ends before a call. */
  function endOthers(): string {
    return thoughts.end() + messages.end("completed");
  }

  function writeCallDelta(call_id: string, name: string, delta: string): string {
    // its input can be read only once it is whole
    if (request.custom.has(name)) return "";
    const closed = calls.has(call_id) ? "" : endOthers();
    return closed + calls.write(call_id, name, delta);
  }

  function writeCall(call: Readonly<ToolCall>): string {
    const { id, name, providerData } = call;
    const closed = calls.has(id) ? "" : endOthers();
    const told = request.custom.has(name) ? calls.tellCustom(call) : calls.complete(call);
    return closed + told + thoughts.sealApart(providerData, (own) => ({ calls: { [id]: own ?? {} } }));
  }

  function writeEnd({ finishReason, usage, providerData }: FinishPart): string {
    const reason = INCOMPLETE.get(finishReason);
    const status = reason === undefined ? "completed" : "incomplete";
    let told = thoughts.end() + calls.endAll("incomplete") + messages.citeRest() + messages.end(status);
    // an item that was cut is the last one
    if (reason === undefined) told += thoughts.sealApart(providerData, (own) => ({ message: own }));
    ended = {
      status,
      completed_at: reason === undefined ? seconds() : null,
      incomplete_details: reason === undefined ? null : { reason },
      usage: formatUsage(usage),
    };
    return tellEnd(told, status);
  }

  function writeRefusal(refusal: string): string {
    const told = start() + messages.refuse(refusal);
    ended = { status: "completed", completed_at: seconds() };
    return tellEnd(told, "completed");
  }

  function tellEnd(told: string, status: ItemStatus): string {
    // of a response that is sent whole, who answered is known only at the end
    if (form === undefined) return "";
    const response = formatResponse();
    onEnd({ id, output, response });
    return told + tellState(`response.${status}`, response) + events.end;
  }

  return {
    begin(answerer) {
      model = formatReference(answerer) || model;
      return start();
    },

    write(part: StreamPart) {
      switch (part.type) {
        case "text-delta":
          return part.delta === "" ? "" : thoughts.end() + messages.write(part.delta);
        case "reasoning-delta":
          return writeThought(part.delta, part.providerData);
        case "tool-call-delta":
          return writeCallDelta(part.id, part.name, part.delta);
        case "tool-call":
          return writeCall(part);
        case "source":
          return messages.cite(part);
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
      if (failure.refusal !== undefined && output.length === 0) return writeRefusal(failure.refusal);
      const { error } = formatError(failure);
      let told = start();
      const { type, message: words, param } = error;
      const code = failedCode(failure);
      // readers differ in where they look for it
      told += events.tell("error", {
        status: failure.status,
        code,
        message: words,
        param,
        error: { ...error, type, code },
      });
      calls.cut();
      messages.cut();
      ended = { status: "failed", error: { code, message: words } };
      told += tellState("response.failed");
      onEnd({ id });
      return told + events.end;
    },

    format(answerer) {
      model = formatReference(answerer) || model;
      const response = formatResponse();
      onEnd({ id, output, response });
      return response;
    },
  };
}

function seconds(): number {
  return Math.floor(Date.now() / 1000);
}
