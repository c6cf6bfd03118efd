import type { ChatReply, Route, Warning } from "@fallthrough/core";
import { ChatError } from "@fallthrough/core";
import { openLists } from "@fallthrough/core/internal";
import type { Candidate, Registry } from "@fallthrough/registry";
import type { OpenCall } from "./calls.ts";
import { type HttpAnswer, jsonAnswer } from "./exchange-types.ts";
import { createFrames } from "./frames.ts";
import { createHead, formatCompletion } from "./openai-shape.ts";
import type { CompletionRequest } from "./parse-request.ts";
import { Refusal } from "./refusal.ts";
import { createStreamBody, type StreamTimers } from "./stream-body.ts";
import { startTimer } from "./timers.ts";

/** Answers a completion; ends the call once the answer is over, and throws a failure that comes before its head */
export async function complete(
  registry: Registry,
  request: CompletionRequest,
  call: OpenCall,
  timers: StreamTimers,
): Promise<HttpAnswer> {
  const reply = registry.chat({ ...request.chat, signal: call.signal });
  const warnings = request.ignored.map(describeIgnored);
  try {
    return request.stream
      ? await stream(reply, call, timers, { includeUsage: request.includeUsage, warnings })
      : await whole(reply, call, warnings);
  } catch (error) {
    // asked only now, because the call itself looks the name up too
    resolveModel(registry, request.chat.model);
    throw error;
  }
}

/** Who would be asked; throws a refusal, so that an unknown name is told from a failure of those it stands for */
export function resolveModel(registry: Registry, model: string | undefined): readonly Candidate[] {
  if (registry.providers().length === 0) {
    throw new Refusal(503, "no provider is installed", { code: "no_provider" });
  }
  try {
    return registry.resolve(model);
  } catch (error) {
    if (!(error instanceof ChatError)) throw error;
    throw new Refusal(404, error.message, { code: "model_not_found", param: "model" });
  }
}

function describeIgnored(field: string): Warning {
  return { code: "unsupported", message: `the gateway does not take \`${field}\`, so it was left out` };
}

async function whole(reply: ChatReply, call: OpenCall, warnings: readonly Warning[]): Promise<HttpAnswer> {
  const result = await reply.result();
  call.end();
  const body = formatCompletion(createHead(result.route.provider, modelOf(result.route)), result, [
    ...warnings,
    ...result.warnings,
  ]);
  return jsonAnswer(body, { headers: routeHeaders(reply) });
}

async function stream(
  reply: ChatReply,
  call: OpenCall,
  timers: StreamTimers,
  options: { readonly includeUsage: boolean; readonly warnings: readonly Warning[] },
): Promise<HttpAnswer> {
  const parts = openLists(reply);
  const opened = parts.open();
  await settledWithin(opened, timers.keepaliveMs);
  const newFrames = () => createFrames(createHead(reply.route.provider, reply.route.model), options);
  const body = createStreamBody({ call, parts, opened, createFrames: newFrames }, timers);
  const headers = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache, no-transform",
    // else a proxy in front would gather the events
    "x-accel-buffering": "no",
    ...routeHeaders(reply),
  };
  return { status: 200, headers, body };
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
  const { provider, attempts } = route;
  if (provider === undefined) return {};
  const model = modelOf(route);
  const asked = attempts.some(({ outcome }) => outcome === "answered")
    ? attempts.length
    : attempts.length + 1;
  return {
    "x-fallthrough-provider": headerText(provider),
    ...(model === undefined ? {} : { "x-fallthrough-model": headerText(model) }),
    "x-fallthrough-attempts": `${asked}`,
  };
}

/** A name as a header takes it, by way of the bytes, because half a surrogate pair cannot be encoded. */
function headerText(name: string): string {
  return encodeURI(Buffer.from(name).toString());
}

/** Where none was asked for by name, the one that the server says it was, which it says at the end. */
function modelOf({ model, attempts }: Route): string | undefined {
  return model || attempts.find(({ outcome }) => outcome === "answered")?.reportedModel;
}
