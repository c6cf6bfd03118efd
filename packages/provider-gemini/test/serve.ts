import { readFileSync } from "node:fs";
import { httpResponse, type SocketServer, startReplay } from "@fallthrough/testkit";
import { createGemini, type GeminiSettings } from "../src/index.ts";

/** A body that was written down after the server's public documentation. */
export function readFixture(name: string): string {
  return readFileSync(new URL(`fixtures/synthetic-${name}`, import.meta.url), "utf8");
}

/** The bytes of an answer that is an event stream. */
export function streamOf(body: string): Buffer {
  return httpResponse({
    headers: { "content-type": "text/event-stream" },
    body: [body],
  });
}

/** The bytes of the event stream in a fixture. */
export function answerOf(name: string): Buffer {
  return streamOf(readFixture(name));
}

/** The bytes of a JSON answer. */
export function jsonOf(value: unknown, status?: number, headers?: Readonly<Record<string, string>>): Buffer {
  return httpResponse({
    status,
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(value),
  });
}

/** The bytes of a failure. */
export function failureOf(
  code: number,
  status: string,
  message: string,
  details?: readonly object[],
): Buffer {
  return jsonOf({ error: { code, message, status, details } }, code);
}

/** A server on loopback that gives these answers, one after the other. */
export function serve(...answers: readonly Buffer[]): Promise<SocketServer> {
  return startReplay(answers.map((response) => ({ response })));
}

/** A provider for a server on loopback. */
export function providerFor(
  { origin }: { readonly origin: string },
  settings?: GeminiSettings,
): ReturnType<typeof createGemini> {
  return createGemini({ baseURL: origin, apiKey: "key-of-the-test", ...settings });
}
