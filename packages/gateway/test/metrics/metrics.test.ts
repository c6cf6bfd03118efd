import { spawnSync } from "node:child_process";
import { ChatError } from "@fallthrough/core";
import type { CallAttempt, CandidateStep } from "@fallthrough/registry";
import { afterEach, expect, test } from "vitest";
import { hasSystemPackage } from "../../../../scripts/system-packages.mjs";
import { type RunningGateway, startGateway } from "../../src/index.ts";
import { createMetrics } from "../../src/metrics/metrics.ts";
import { answer, MESSAGES, memoryProvider, registryOf } from "../case.ts";

const running: RunningGateway[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((gateway) => gateway.close()));
});

const ATTEMPT: CallAttempt = {
  provider: "one",
  model: "small",
  outcome: "answered",
  ms: 30,
  index: 0,
  startMs: 0,
  durationMs: 30,
};
const NOW = { candidates: [], running: 0 };

function seriesOf(text: string): readonly string[] {
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

async function scrape(): Promise<string> {
  const finish = {
    type: "finish",
    finishReason: "stop",
    usage: { inputTokens: 12, outputTokens: 5, cachedInputTokens: 2, reasoningTokens: 1 },
  } as const;
  const registry = registryOf(
    memoryProvider("unwell", [new ChatError("rate-limit", "wait", { retryAfterMs: 60_000 })]),
    memoryProvider("well", [...answer("hi").slice(0, -1), finish]),
  );
  const gateway = await startGateway(registry, { port: 0 });
  running.push(gateway);
  const ask = (body: object) =>
    fetch(`${gateway.baseURL}/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  await (await ask({ messages: MESSAGES })).text();
  await (await ask({ messages: MESSAGES, stream: true })).text();
  await (await ask({ messages: "none" })).text();
  const response = await fetch(`${gateway.baseURL.replace("/v1", "")}/metrics`);
  expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  return response.text();
}

test("metrics tell attempts, failures by whose fault they are, tokens and states", async () => {
  const series = seriesOf(await scrape());

  expect(series).toEqual(
    expect.arrayContaining([
      'fallthrough_requests_total{route="/v1/chat/completions",status="200"} 2',
      'fallthrough_requests_total{route="/v1/chat/completions",status="400"} 1',
      'fallthrough_request_errors_total{route="/v1/chat/completions",domain="caller",type="invalid_request"} 1',
      'fallthrough_attempts_total{provider="unwell",model="model",outcome="failed"} 1',
      'fallthrough_attempts_total{provider="unwell",model="model",outcome="skipped"} 1',
      'fallthrough_attempts_total{provider="well",model="model",outcome="answered"} 2',
      'fallthrough_attempt_errors_total{provider="unwell",model="model",domain="policy",type="rate-limit"} 1',
      'fallthrough_tokens_total{provider="well",model="model",kind="input"} 24',
      'fallthrough_tokens_total{provider="well",model="model",kind="output"} 10',
      'fallthrough_candidate_state{provider="unwell",model="model",state="refused"} 1',
      'fallthrough_candidate_state{provider="well",model="model",state="well"} 1',
      "fallthrough_calls_in_flight 0",
      "fallthrough_overhead_seconds_count 2",
    ]),
  );
  expect(series.find((line) => line.startsWith('fallthrough_overhead_seconds_bucket{le="1"}'))).toMatch(
    / 2$/,
  );
});

test.runIf(hasSystemPackage("prometheus"))("promtool finds no fault in the metrics", async () => {
  const text = await scrape();

  const { status, stdout, stderr } = spawnSync("promtool", ["check", "metrics"], {
    input: text,
    encoding: "utf8",
  });

  expect(stdout + stderr).toBe("");
  expect(status).toBe(0);
});

test("room in limits is told as it is now", () => {
  const step: CandidateStep = {
    type: "candidate",
    name: "one/small",
    provider: "one",
    model: "small",
    outcome: "asked",
    state: "well",
    limits: [
      { unit: "requests", window: "minute", limit: 30, left: 12, source: "server", text: "" } as never,
    ],
  };

  const series = seriesOf(createMetrics().format({ candidates: [step], running: 3 }));

  expect(series).toEqual(
    expect.arrayContaining([
      'fallthrough_limit_left{provider="one",model="small",unit="requests",window="minute"} 12',
      'fallthrough_limit_size{provider="one",model="small",unit="requests",window="minute"} 30',
      "fallthrough_calls_in_flight 3",
    ]),
  );
});

test("whatever models, codes and paths there are, the number of series is bounded", () => {
  const metrics = createMetrics();
  const count = () => seriesOf(metrics.format(NOW)).length;
  const add = (from: number, to: number) => {
    for (let index = from; index < to; index++) {
      metrics.attempt({ ...ATTEMPT, model: `model-${index}`, firstMs: 3 });
      metrics.attempt({
        ...ATTEMPT,
        model: `model-${index}`,
        outcome: "failed",
        code: `code-${index}` as never,
      });
      metrics.request({
        at: new Date(),
        id: "",
        route: `POST /path-${index}`,
        status: 404,
        code: `code-${index}`,
        ms: 1,
        attempts: [],
      });
    }
  };
  add(0, 200);
  const before = count();

  add(200, 5_000);

  expect(count()).toBe(before);
  expect(before).toBeLessThan(5_000);
  expect(metrics.format(NOW)).toContain('provider="other",model="other"');
});

test("a name of a model is one value, whatever stands in it", () => {
  const metrics = createMetrics();

  metrics.attempt({ ...ATTEMPT, model: 'a"b\\c\nd\u0007\ud800' });

  expect(metrics.format(NOW)).toContain('model="a\\"b\\\\c\\nd\uFFFD",outcome="answered"');
});

test("the buckets of a histogram add up", () => {
  const metrics = createMetrics();
  for (const ms of [0.05, 0.3, 0.3, 40_000]) metrics.overhead(ms);

  const lines = seriesOf(metrics.format(NOW)).filter((line) => line.startsWith("fallthrough_overhead"));

  expect(lines[0]).toBe('fallthrough_overhead_seconds_bucket{le="0.0001"} 1');
  expect(lines).toContain('fallthrough_overhead_seconds_bucket{le="0.0005"} 3');
  expect(lines).toContain('fallthrough_overhead_seconds_bucket{le="+Inf"} 4');
  expect(lines.at(-1)).toBe("fallthrough_overhead_seconds_count 4");
});
