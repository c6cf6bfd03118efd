import { readFileSync } from "node:fs";
import { httpEvents, httpJson, type SocketServer, startReplay } from "@fallthrough/testkit";
import { createGemini, type GeminiSettings } from "../src/index.ts";

/** A body that was written down after the server's public documentation. */
export function readFixture(name: string): string {
  return readFileSync(new URL(`fixtures/synthetic-${name}`, import.meta.url), "utf8");
}

/** The bytes of an answer that is an event stream. */
export function streamOf(body: string): Buffer {
  return httpEvents(body);
}

/** The bytes of the event stream in a fixture. */
export function answerOf(name: string): Buffer {
  return streamOf(readFixture(name));
}

/** The bytes of a failure. */
export function failureOf(
  code: number,
  status: string,
  message: string,
  details?: readonly object[],
): Buffer {
  return httpJson({ error: { code, message, status, details } }, code);
}

/** A server on loopback that gives these answers, one after the other. */
export function serve(...answers: readonly Buffer[]): Promise<SocketServer> {
  return startReplay(answers);
}

/** A provider for a server on loopback. */
export function providerFor(
  { origin }: { readonly origin: string },
  settings?: GeminiSettings,
): ReturnType<typeof createGemini> {
  return createGemini({ baseURL: origin, apiKey: "key-of-the-test", ...settings });
}
