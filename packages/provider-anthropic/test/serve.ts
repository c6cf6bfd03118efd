import { readFileSync } from "node:fs";
import { httpEvents, httpJson, type SocketServer, startReplay } from "@fallthrough/testkit";
import { type AnthropicSettings, createAnthropic } from "../src/index.ts";

/** A body that was written down after the server's public documentation. */
export function readFixture(name: string): string {
  return readFileSync(new URL(`fixtures/synthetic-${name}`, import.meta.url), "utf8");
}

/** The bytes of an answer that is an event stream. */
export function streamOf(body: string): Buffer {
  return httpEvents(body, { "request-id": "req_1" });
}

/** The bytes of the event stream in a fixture. */
export function answerOf(name: string): Buffer {
  return streamOf(readFixture(name));
}

/** The bytes of a failure. */
export function failureOf(status: number, type: string, message: string, more: object = {}): Buffer {
  return httpJson({ type: "error", error: { type, message, ...more }, request_id: "req_1" }, status);
}

/** A server on loopback that gives these answers, one after the other. */
export function serve(...answers: readonly Buffer[]): Promise<SocketServer> {
  return startReplay(answers);
}

/** A provider for a server on loopback. */
export function providerFor(
  { origin }: { readonly origin: string },
  settings?: AnthropicSettings,
): ReturnType<typeof createAnthropic> {
  return createAnthropic({ baseURL: origin, apiKey: "key-of-the-test", ...settings });
}
