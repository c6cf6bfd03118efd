import type { ChatReply, Route } from "@fallthrough/core";
import { ChatError } from "@fallthrough/core";
import {
  allowEmptyAnswer,
  FORWARDS,
  type ForwardingRegistry,
  openLists,
  waitingOf,
} from "@fallthrough/core/internal";
import { messageText } from "@fallthrough/core/provider";
import type { Candidate, Registry } from "@fallthrough/registry";
import type { OpenRecord } from "./call-record.ts";
import type { OpenCall } from "./calls.ts";
import type { AnswerWriter, Dialect, DialectCall, StreamWriter } from "./dialects/dialect.ts";
import { type HttpAnswer, jsonAnswer, jsonTextAnswer } from "./exchange-types.ts";
import { explainFailure } from "./failure-answer.ts";
import { Refusal } from "./refusal.ts";
import { createStreamBody, type StreamTimers } from "./stream-body.ts";
import { startTimer } from "./timers.ts";

/** Characters of a name, and of all of a route, in a header. */
const LONGEST_NAME = 256;
const LONGEST_ROUTE = 4096;

/** A call with what is noted about it. */
export interface RecordedCall extends OpenCall {
  /** What is logged about the call. */
  readonly record: OpenRecord;
}

/** Answers a call; ends it once the answer is over, and throws a failure that comes before its head */
export async function answerCall(
  registry: Registry,
  { protocol, streamType }: Dialect,
  asked: DialectCall,
  call: RecordedCall,
  timers: StreamTimers,
): Promise<HttpAnswer> {
  const reply = openReply(registry, protocol, asked, call.signal);
  call.record.chain = reply;
  try {
    if (!asked.stream) return await whole(reply, call, asked.openAnswer());
    return await stream(reply, call, timers, asked.openStream(), streamType);
  } catch (error) {
    // asked only now, because the call itself looks the name up too
    await resolveModel(registry, asked.chat.model);
    const failure = explainFailure(error);
    if (failure.refusal === undefined || asked.formatRefusal === undefined) throw error;
    call.record.failed(error);
    call.end();
    const text = asked.formatRefusal(failure, asked.stream);
    const headers = routeHeaders(reply);
    return asked.stream
      ? streamAnswer(piecesOf(text), streamType, headers)
      : jsonTextAnswer(text, { headers });
  }
}

function openReply(
  registry: Registry & Partial<ForwardingRegistry>,
  protocol: Dialect["protocol"],
  { chat, forward: path, stream }: DialectCall,
  signal: AbortSignal,
): ChatReply {
  if (path === undefined) {
    // a model may have nothing to say to what a tool gave, and its client goes on by itself
    if (chat.messages.at(-1)?.role === "tool") allowEmptyAnswer(signal);
    return registry.chat({ ...chat, protocol, signal });
  }
  const pass = registry[FORWARDS];
  if (pass === undefined) throw new Refusal(501, "this registry passes nothing on", { code: "unsupported" });
  const body = chat.messages.map((message) => messageText(message)).join("");
  return pass({ path, body, stream, model: chat.model, signal });
}

/** Who would be asked; throws a refusal, which distinguishes an unknown name from a failure of its candidates */
export async function resolveModel(
  registry: Registry,
  model: string | undefined,
): Promise<readonly Candidate[]> {
  if (registry.providers().length === 0) {
    throw new Refusal(503, "no provider is installed", { code: "no_provider" });
  }
  try {
    // explaining asks the servers for a name that nobody declares
    await registry.explain(model);
    return registry.resolve(model);
  } catch (error) {
    if (!(error instanceof ChatError)) throw error;
    throw new Refusal(404, error.message, { code: "model_not_found", param: "model" });
  }
}

async function whole(reply: ChatReply, call: RecordedCall, writer: AnswerWriter): Promise<HttpAnswer> {
  for await (const part of reply) {
    call.record.began();
    writer.take(part);
  }
  const result = await reply.result();
  call.end();
  const body = writer.format(result);
  const head = { headers: routeHeaders(reply) };
  return typeof body === "string" ? jsonTextAnswer(body, head) : jsonAnswer(body, head);
}

async function stream(
  reply: ChatReply,
  call: RecordedCall,
  timers: StreamTimers,
  writer: StreamWriter,
  type: string,
): Promise<HttpAnswer> {
  const parts = openLists(reply);
  const opened = parts.open();
  await settledWithin(opened, timers.keepaliveMs);
  const source = {
    call,
    parts,
    opened,
    writer,
    answerer() {
      call.record.began();
      return reply.route;
    },
    explain(reason: unknown) {
      call.record.failed(reason);
      return explainFailure(reason);
    },
    waiting: () => waitingOf(reply.route),
  };
  return streamAnswer(createStreamBody(source, timers), type, routeHeaders(reply));
}

function streamAnswer(
  body: HttpAnswer["body"],
  type: string,
  routed: Readonly<Record<string, string>>,
): HttpAnswer {
  const headers = {
    "content-type": type,
    "cache-control": "no-cache, no-transform",
    // else a proxy in front would gather the events
    "x-accel-buffering": "no",
    ...routed,
  };
  return { status: 200, headers, body };
}

async function* piecesOf(text: string): AsyncGenerator<string, undefined> {
  yield text;
}

/** Waits for an answer to begin, but no longer than a client may go without a byte; throws its failure */
function settledWithin(opened: Promise<unknown>, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = startTimer(ms, resolve);
    opened.finally(() => clearTimeout(timer)).then(() => resolve(), reject);
  });
}

/** Who answers; nothing about that where the head goes out before it is known. */
function routeHeaders({ route }: ChatReply): Record<string, string> {
  const { provider, model, attempts } = route;
  if (provider === undefined) return {};
  const asked = attempts.some(({ outcome }) => outcome === "answered")
    ? attempts.length
    : attempts.length + 1;
  return {
    "x-fallthrough-provider": headerText(provider),
    ...(model === undefined ? {} : { "x-fallthrough-model": headerText(model) }),
    "x-fallthrough-attempts": `${asked}`,
    ...(attempts.length === 0 ? {} : { "x-fallthrough-route": formatRoute(attempts) }),
  };
}

/** Everybody who was asked, in order, with what came of it and after how long. */
function formatRoute(attempts: Route["attempts"]): string {
  const told = attempts.map(({ provider, model, outcome, code, ms }) => {
    const name = model === undefined || model === "" ? provider : `${provider}/${model}`;
    return [headerText(name.slice(0, LONGEST_NAME)), outcome, code, `${ms}ms`]
      .filter((fact) => fact !== undefined)
      .join(" ");
  });
  const all = told.join(", ");
  return all.length <= LONGEST_ROUTE ? all : `${told.slice(0, 3).join(", ")}, ...`;
}

/** A name as a header takes it, by way of the bytes, because half a surrogate pair cannot be encoded. */
function headerText(name: string): string {
  return encodeURI(Buffer.from(name).toString());
}
