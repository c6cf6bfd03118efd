import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ChatError } from "@fallthrough/core";
import { createRegistry } from "@fallthrough/registry";
import { context, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { expect, onTestFinished, test } from "vitest";
import { contentAttributes, createTelemetry, type TelemetryOptions, traceChannels } from "../src/index.ts";
import { requireApi } from "../src/opentelemetry.ts";
import { ANSWER, MESSAGES, provider } from "./provider.ts";

const BLOCKED = new ChatError("blocked", "a captcha came", { status: 403 });

/** The real SDK, with everything kept in memory. */
function startSdk() {
  const spans = new InMemorySpanExporter();
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
  const metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter: metrics, exportIntervalMillis: 3_600_000 });
  const meterProvider = new MeterProvider({ readers: [reader] });
  onTestFinished(async () => {
    await Promise.all([tracerProvider.shutdown(), meterProvider.shutdown()]);
  });
  return {
    options: { tracerProvider, meterProvider },
    spans: () => spans.getFinishedSpans(),
    async metrics() {
      await reader.forceFlush();
      const all =
        metrics
          .getMetrics()
          .at(-1)
          ?.scopeMetrics.flatMap((scope) => scope.metrics) ?? [];
      return new Map(all.map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints]));
    },
  };
}

async function ask(
  options: TelemetryOptions,
  ...providers: Parameters<typeof createRegistry>[0]["providers"] & object
) {
  const registry = createRegistry({ providers, onCall: createTelemetry(options) });
  return registry
    .chat({
      model: "auto",
      messages: MESSAGES,
      temperature: 0.5,
      maxOutputTokens: 100,
      stopSequences: ["END"],
    })
    .text()
    .catch((error: unknown) => error);
}

function parentOf({ parentSpanContext }: ReadableSpan): string | undefined {
  return parentSpanContext?.spanId;
}

test("a call is a span with one below it for each attempt, by the conventions", async () => {
  const sdk = startSdk();

  await ask(sdk.options, provider("groq", BLOCKED), provider("gemini", ...ANSWER));

  const [failed, answered, call] = sdk.spans() as [ReadableSpan, ReadableSpan, ReadableSpan];
  expect(call).toMatchObject({
    name: "chat auto",
    kind: SpanKind.INTERNAL,
    attributes: {
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "fallthrough",
      "gen_ai.request.model": "auto",
      "fallthrough.call.attempts": 2,
    },
  });
  expect([parentOf(failed), parentOf(answered), parentOf(call)]).toEqual([
    call.spanContext().spanId,
    call.spanContext().spanId,
    undefined,
  ]);
  expect(failed).toMatchObject({
    name: "chat groq-model",
    kind: SpanKind.CLIENT,
    status: { code: SpanStatusCode.ERROR },
    attributes: {
      "gen_ai.provider.name": "groq",
      "gen_ai.request.model": "groq-model",
      "error.type": "blocked",
      "http.response.status_code": 403,
      "fallthrough.attempt.index": 0,
      "fallthrough.attempt.outcome": "failed",
    },
  });
  expect(answered).toMatchObject({
    name: "chat gemini-model",
    status: { code: SpanStatusCode.UNSET },
    attributes: {
      "gen_ai.provider.name": "gcp.gemini",
      "gen_ai.request.temperature": 0.5,
      "gen_ai.request.max_tokens": 100,
      "gen_ai.request.stop_sequences": ["END"],
      "gen_ai.response.model": "served-model",
      "gen_ai.response.id": "answer-1",
      "gen_ai.response.finish_reasons": ["stop"],
      "gen_ai.response.time_to_first_chunk": expect.any(Number),
      "gen_ai.usage.input_tokens": 7,
      "gen_ai.usage.output_tokens": 3,
      "gen_ai.usage.cache_read.input_tokens": 2,
      "gen_ai.usage.reasoning.output_tokens": 1,
    },
  });
});

test("the spans of attempts lie within that of the call, one after the other", async () => {
  const sdk = startSdk();

  await ask(sdk.options, provider("groq", BLOCKED), provider("well", ...ANSWER));

  const [failed, answered, call] = sdk.spans().map(({ startTime, endTime }) => {
    const [start, end] = [startTime, endTime].map(([seconds, nanos]) => seconds * 1e3 + nanos / 1e6);
    return { start: start ?? 0, end: end ?? 0 };
  });
  // a span keeps its times in two numbers
  const slackMs = 0.01;
  expect(failed?.start).toBeGreaterThanOrEqual((call?.start ?? 0) - slackMs);
  expect(answered?.start).toBeGreaterThanOrEqual((failed?.end ?? 0) - slackMs);
  expect(answered?.end).toBeLessThanOrEqual((call?.end ?? 0) + slackMs);
  expect(Math.abs((call?.end ?? 0) - Date.now())).toBeLessThan(5_000);
});

test("a call belongs to the span that is active as it begins", async () => {
  const sdk = startSdk();
  const around = sdk.options.tracerProvider.getTracer("application").startSpan("around");
  const registry = createRegistry({
    providers: [provider("well", ...ANSWER)],
    onCall: createTelemetry(sdk.options),
  });
  const manager = {
    active: () => trace.setSpan(context.active(), around),
  };
  const { active } = context;
  context.active = () => {
    context.active = active;
    return manager.active();
  };

  await registry.chat({ messages: MESSAGES }).text();

  const call = sdk.spans().find(({ name }) => name === "chat auto");
  expect(call && parentOf(call)).toBe(around.spanContext().spanId);
});

test("metrics count each attempt once, and the time that the chain itself takes", async () => {
  const sdk = startSdk();

  await ask(sdk.options, provider("groq", BLOCKED), provider("well", ...ANSWER));

  const metrics = await sdk.metrics();
  expect([...metrics.keys()].sort()).toEqual([
    "fallthrough.call.overhead",
    "gen_ai.client.inference.duration",
    "gen_ai.client.inference.time_to_first_chunk",
    "gen_ai.client.inference.usage.cache_read.input_tokens",
    "gen_ai.client.inference.usage.input_tokens",
    "gen_ai.client.inference.usage.output_tokens",
    "gen_ai.client.inference.usage.reasoning.output_tokens",
  ]);
  expect(metrics.get("gen_ai.client.inference.duration")).toMatchObject([
    { attributes: { "gen_ai.provider.name": "groq", "error.type": "blocked" }, value: { count: 1 } },
    {
      attributes: { "gen_ai.provider.name": "well", "gen_ai.response.model": "served-model" },
      value: { count: 1 },
    },
  ]);
  expect(metrics.get("gen_ai.client.inference.usage.input_tokens")).toMatchObject([{ value: 7 }]);
  expect(metrics.get("fallthrough.call.overhead")).toMatchObject([
    { attributes: { "gen_ai.operation.name": "chat" }, value: { count: 1 } },
  ]);
});

test("an answer that breaks off ends with an error, and a candidate that is passed over is an event", async () => {
  const sdk = startSdk();
  const registry = createRegistry({
    providers: [provider("unwell", BLOCKED), provider("cut", { type: "text-delta", delta: "half" })],
    onCall: createTelemetry(sdk.options),
  });

  for (let call = 0; call < 2; call++)
    await registry
      .chat({ messages: MESSAGES })
      .text()
      .catch(() => {});

  const cut = sdk.spans().find(({ name }) => name === "chat cut-model");
  expect(cut?.attributes).toMatchObject({
    "error.type": "interrupted",
    "gen_ai.response.finish_reasons": ["error"],
    "fallthrough.attempt.phase": "committed",
  });
  const second = sdk.spans().filter(({ name }) => name === "chat auto")[1];
  expect(second?.status.code).toBe(SpanStatusCode.ERROR);
  expect(second?.events).toMatchObject([
    {
      name: "fallthrough.skipped",
      attributes: { "gen_ai.provider.name": "unwell", "error.type": "blocked" },
    },
    { name: "fallthrough.committed" },
  ]);
});

test("no content is recorded, in spans or metrics, unless a function says what", async () => {
  const silent = startSdk();
  const telling = startSdk();

  await ask(silent.options, provider("well", ...ANSWER));
  await ask({ ...telling.options, record: contentAttributes }, provider("well", ...ANSWER));
  await ask(
    {
      ...telling.options,
      record: () => {
        throw new Error("broken");
      },
    },
    provider("well", ...ANSWER),
  );

  const written = JSON.stringify([
    silent.spans().map(({ attributes, events, status, name }) => ({ attributes, events, status, name })),
    [...(await silent.metrics())],
  ]);
  expect(written).not.toContain("secret");
  const [told, broken] = telling.spans().filter(({ name }) => name === "chat auto");
  expect(told?.attributes["gen_ai.input.messages"]).toBe(
    JSON.stringify([{ role: "user", parts: [{ type: "text", content: "a secret question" }] }]),
  );
  expect(told?.attributes["gen_ai.output.messages"]).toBe(
    JSON.stringify([{ role: "assistant", parts: [{ type: "text", content: "a secret answer" }] }]),
  );
  expect(broken?.attributes).not.toHaveProperty("gen_ai.input.messages");
});

test("tool calls, tool results and images are written as the conventions have them", () => {
  const call = { id: "1", name: "weather", arguments: "{}" };

  const attributes = contentAttributes({
    request: {
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "look" },
            { type: "image", data: new Uint8Array() },
          ],
        },
        { role: "assistant", toolCalls: [call] },
        { role: "tool", toolCallId: "1", content: "sunny" },
      ],
    },
    answer: { text: "", reasoning: "so", toolCalls: [call] },
  });

  expect(JSON.parse(attributes["gen_ai.input.messages"])).toEqual([
    { role: "user", parts: [{ type: "text", content: "look" }, { type: "image" }] },
    { role: "assistant", parts: [{ type: "tool_call", ...call }] },
    { role: "tool", parts: [{ type: "tool_call_response", id: "1", response: "sunny" }] },
  ]);
  expect(JSON.parse(attributes["gen_ai.output.messages"] ?? "")).toEqual([
    {
      role: "assistant",
      parts: [
        { type: "reasoning", content: "so" },
        { type: "tool_call", ...call },
      ],
    },
  ]);
});

test("every registry of the process can be traced by Node's channels, until that is ended", async () => {
  const sdk = startSdk();
  const registry = createRegistry({ providers: [provider("well", ...ANSWER)] });

  const stop = traceChannels(sdk.options);
  await registry.chat({ messages: MESSAGES }).text();
  stop();
  await registry.chat({ messages: MESSAGES }).text();

  expect(sdk.spans().map(({ name }) => name)).toEqual(["chat well-model", "chat auto"]);
});

test("a collector gets the spans and the metrics over OTLP", async () => {
  const received: { readonly url: string | undefined; readonly body: Record<string, unknown> }[] = [];
  const collector = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      received.push({ url: incoming.url, body: JSON.parse(Buffer.concat(chunks).toString()) });
      outgoing.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  });
  collector.listen(0, "127.0.0.1");
  await once(collector, "listening");
  onTestFinished(() => void collector.close());
  const origin = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
  const traces = new OTLPTraceExporter({ url: `${origin}/v1/traces` });
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(traces)] });
  const exporter = new OTLPMetricExporter({ url: `${origin}/v1/metrics` });
  const meterProvider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] });

  await ask({ tracerProvider, meterProvider }, provider("groq", BLOCKED), provider("well", ...ANSWER));
  await Promise.all([tracerProvider.shutdown(), meterProvider.shutdown()]);

  const spans = received.flatMap(({ url, body }) => (url === "/v1/traces" ? spansOf(body) : []));
  const parent = spans.find(({ name }) => name === "chat auto");
  expect(spans.map(({ name }) => name).sort()).toEqual(["chat auto", "chat groq-model", "chat well-model"]);
  expect(spans.filter(({ parentSpanId }) => parentSpanId === parent?.spanId)).toHaveLength(2);
  const written = JSON.stringify(received);
  expect(written).toContain('"gen_ai.client.inference.duration"');
  expect(written).toContain('{"key":"gen_ai.usage.input_tokens","value":{"intValue":7}}');
  expect(written).not.toContain("secret");
});

test.each([
  [null, "the options of the telemetry is null"],
  [{ tracer: {} }, "option `tracer` is unknown, expected tracerProvider, meterProvider or record"],
  [
    { tracerProvider: {} },
    "option `tracerProvider` is an object, expected an object with the method `getTracer`",
  ],
  [
    { meterProvider: "global" },
    "option `meterProvider` is a text, expected an object with the method `getMeter`",
  ],
  [{ record: true }, "option `record` is true, expected a function"],
])("%j is a config error that names the option", (options, message) => {
  const expected = expect.objectContaining({ code: "config", message: expect.stringContaining(message) });

  expect(() => createTelemetry(options as TelemetryOptions)).toThrow(expected);
  expect(() => traceChannels(options as TelemetryOptions)).toThrow(expected);
});

test("without OpenTelemetry's API the error says what is missing", () => {
  expect(() => requireApi(undefined)).toThrow(
    expect.objectContaining({
      code: "config",
      message: expect.stringContaining("`@opentelemetry/api` is not installed"),
    }),
  );
});

interface WireSpan {
  readonly name: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
}

function spansOf(body: Record<string, unknown>): readonly WireSpan[] {
  const { resourceSpans } = body as {
    readonly resourceSpans: readonly {
      readonly scopeSpans: readonly { readonly spans: readonly WireSpan[] }[];
    }[];
  };
  return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
}
