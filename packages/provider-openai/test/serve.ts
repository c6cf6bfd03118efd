import { readFileSync } from "node:fs";
import { httpEvents, httpJson, type SocketServer, startReplay } from "@fallthrough/testkit";
import { createOpenAI, type OpenAISettings } from "../src/index.ts";

/** A body that was written down after a server's public documentation. */
export function readFixture(name: string): string {
  return readFileSync(new URL(`fixtures/synthetic-${name}`, import.meta.url), "utf8");
}

/** The bytes of an answer that is an event stream, or of one that is JSON. */
export function answerOf(name: string, status: number = 200): Buffer {
  const body = readFixture(name);
  return name.endsWith(".sse") ? httpEvents(body) : httpJson(JSON.parse(body), status);
}

/** The bytes of an event stream with these data. */
export function streamOf(...data: readonly (object | string)[]): Buffer {
  const events = data.map(
    (value) => `data: ${typeof value === "string" ? value : JSON.stringify(value)}\n\n`,
  );
  return httpEvents(events.join(""));
}

/** A server on loopback that gives these answers, one after the other. */
export function serve(...answers: readonly Buffer[]): Promise<SocketServer> {
  return startReplay(answers);
}

/** A provider for a server on loopback. */
export function providerFor(
  { origin }: SocketServer,
  settings?: OpenAISettings,
): ReturnType<typeof createOpenAI> {
  return createOpenAI({ baseURL: `${origin}/v1`, ...settings });
}
