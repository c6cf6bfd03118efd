import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Attempt, Usage } from "@fallthrough/core";
import { type CallRecord, createGateway, type Gateway } from "@fallthrough/gateway";
import type { Registry } from "@fallthrough/registry";
import { describeFailure } from "../failure.ts";
import type { BatchLine } from "./batch-lines.ts";

/** What came of one line. */
export interface LineResult {
  /** What is written into the file of answers. */
  readonly written: object;
  /** Whether it was answered. */
  readonly isAnswer: boolean;
  /** Who was asked. */
  readonly attempts: readonly Pick<Attempt, "provider" | "outcome">[];
  /** What the answer used, where it was told. */
  readonly usage?: Partial<Usage> | undefined;
}

/** Asks the lines of a batch. */
export interface LineAsker {
  /** What comes of this line; rejects where the signal aborts. */
  ask(line: BatchLine, signal: AbortSignal): Promise<LineResult>;
  /** Waits for what is in flight. */
  close(): Promise<void>;
}

/** A line whose providers all have to rest is asked so many times. */
const MOST_TIMES = 5;
/** Nobody waits longer than this for a provider to be asked again. */
const LONGEST_REST_MS = 120_000;

/** What asks this registry; lines of OpenAI's go through a gateway, which knows their fields. */
export function createLineAsker(registry: Registry, timeoutMs: number | undefined): LineAsker {
  const records = new Map<string, CallRecord>();
  let gateway: Gateway | undefined;

  async function askOwn(
    line: BatchLine,
    signal: AbortSignal,
  ): Promise<LineResult & { readonly restMs?: number }> {
    if (line.ask.form !== "own") return askOpenAI(line, signal);
    const timeouts = timeoutMs === undefined ? {} : { totalMs: timeoutMs, commitMs: timeoutMs };
    const { request } = line.ask;
    const reply = registry.chat({ ...request, timeouts: { ...timeouts, ...request.timeouts }, signal });
    try {
      const { text, reasoning, toolCalls, finishReason, usage, warnings } = await reply.result();
      const extra = {
        ...(reasoning === "" ? {} : { reasoning }),
        ...(toolCalls.length === 0 ? {} : { toolCalls }),
        ...(warnings.length === 0 ? {} : { warnings }),
      };
      const written = { id: line.id, text, ...extra, finishReason, usage, route: reply.route };
      return { written, isAnswer: true, attempts: reply.route.attempts, usage };
    } catch (error) {
      if (signal.aborted) throw error;
      const { route } = reply;
      const { retryAt } = Object(error) as { readonly retryAt?: Date };
      const restMs = retryAt === undefined ? undefined : retryAt.getTime() - Date.now();
      const written = { id: line.id, ...describeFailure(error), route };
      return {
        written,
        isAnswer: false,
        attempts: route.attempts,
        ...(restMs === undefined ? {} : { restMs }),
      };
    }
  }

  async function askOpenAI(
    { id, ask }: BatchLine,
    signal: AbortSignal,
  ): Promise<LineResult & { readonly restMs?: number }> {
    if (ask.form !== "openai") throw new TypeError("a line of our own has no path");
    gateway ??= createGateway(registry, { onCall: (record) => void records.set(record.id, record) });
    const response = await gateway.fetch(
      new Request(`http://127.0.0.1${ask.path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(ask.body),
        signal,
      }),
    );
    const body: unknown = await response.json().catch(() => undefined);
    if (signal.aborted) throw signal.reason;
    const requestId = response.headers.get("x-request-id") ?? "";
    const attempts = records.get(requestId)?.attempts ?? [];
    records.delete(requestId);
    const isAnswer = response.status === 200;
    const { usage } = Object(body) as {
      readonly usage?: { prompt_tokens?: number; completion_tokens?: number };
    };
    const seconds = Number(response.headers.get("retry-after"));
    return {
      written: {
        id: `batch_req_${randomUUID().replaceAll("-", "")}`,
        custom_id: id,
        response: { status_code: response.status, request_id: requestId, body },
        error: null,
        route: { attempts },
      },
      isAnswer,
      attempts,
      usage: usage && { inputTokens: usage.prompt_tokens, outputTokens: usage.completion_tokens },
      ...(isAnswer || !(seconds > 0) ? {} : { restMs: seconds * 1000 }),
    };
  }

  return {
    async ask(line, signal) {
      for (let time = 1; ; time++) {
        const { restMs, ...result } = await askOwn(line, signal);
        const rests = restMs !== undefined && restMs <= LONGEST_REST_MS && time < MOST_TIMES;
        if (result.isAnswer || !rests) return result;
        await delay(Math.max(restMs, 100), undefined, { signal });
      }
    },
    close: async () => gateway?.close(),
  };
}
