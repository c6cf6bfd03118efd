import { readFileSync } from "node:fs";
import { httpResponse, type SocketServer, startReplay } from "@fallthrough/testkit";
import { createOpenAI, type OpenAISettings } from "../src/index.ts";

/** A body that was written down after a server's public documentation. */
export function readFixture(name: string): string {
  return readFileSync(new URL(`fixtures/synthetic-${name}`, import.meta.url), "utf8");
}

/** The bytes of an answer that is an event stream, or of one that is JSON. */
export function answerOf(name: string, status: number = 200): Buffer {
  const stream = name.endsWith(".sse");
  const headers = { "content-type": stream ? "text/event-stream" : "application/json" };
  const body = readFixture(name);
  return httpResponse({ status, headers, body: stream ? [body] : body });
}

/** The bytes of an event stream with these data. */
export function streamOf(...data: readonly (object | string)[]): Buffer {
  const events = data.map(
    (value) => `data: ${typeof value === "string" ? value : JSON.stringify(value)}\n\n`,
  );
  return httpResponse({ headers: { "content-type": "text/event-stream" }, body: [events.join("")] });
}

/** The bytes of a JSON answer. */
export function jsonOf(value: unknown, status?: number, headers?: Readonly<Record<string, string>>): Buffer {
  return httpResponse({
    status,
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(value),
  });
}

/** A server on loopback that gives these answers, one after the other. */
export function serve(...answers: readonly Buffer[]): Promise<SocketServer> {
  return startReplay(answers.map((response) => ({ response })));
}

/** A provider for a server on loopback. */
export function providerFor(
  { origin }: SocketServer,
  settings?: OpenAISettings,
): ReturnType<typeof createOpenAI> {
  return createOpenAI({ baseURL: `${origin}/v1`, ...settings });
}
