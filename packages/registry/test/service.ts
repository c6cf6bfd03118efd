import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { ChatProvider, ModelCard, ProviderSettings } from "@fallthrough/core";
import { createOpenAI, type OpenAISettings } from "@fallthrough/provider-openai";
import { onTestFinished } from "vitest";

/** One request as a service received it. */
export interface Asked {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readonly<Record<string, unknown>> & { readonly model?: string };
}

/** What a service answers. */
export interface Answer {
  readonly status?: number | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body: unknown;
  /** The connection breaks behind it. */
  readonly cut?: boolean | undefined;
}

/** A service on loopback, and a provider for it. */
export interface Service {
  readonly baseURL: string;
  /** What it was asked to chat about, in order. */
  readonly asked: readonly Asked[];
  /** The models that it was asked for, in order. */
  models(): readonly (string | undefined)[];
  provider(id: string, settings?: OpenAISettings): ChatProvider;
}

/** A service that speaks the chat completions API; it ends with the test. */
export async function startService(
  answer: (asked: Asked, place: number) => Answer,
  list: unknown = { data: [] },
): Promise<Service> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    let given = "";
    for await (const chunk of request.setEncoding("utf8")) given += chunk;
    const one: Asked = {
      path: request.url ?? "",
      headers: request.headers,
      body: given === "" ? {} : JSON.parse(given),
    };
    const isList = request.method === "GET";
    const { status = 200, headers, body, cut } = isList ? { body: list } : answer(one, asked.push(one) - 1);
    const type =
      typeof body === "string" && body.startsWith("data:") ? "text/event-stream" : "application/json";
    response.writeHead(status, { "content-type": type, ...headers });
    const text = typeof body === "string" ? body : JSON.stringify(body);
    if (cut) response.write(text, () => response.destroy());
    else response.end(text);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  return {
    baseURL,
    asked,
    models: () => asked.map(({ body }) => body.model),
    provider(id, settings) {
      const provider = createOpenAI({ id, baseURL, ...settings });
      onTestFinished(() => provider.close());
      return provider;
    },
  };
}

/** An answer with this text, or with these deltas. */
export function says(
  text: string | readonly object[],
  reason: string = "stop",
  headers?: Answer["headers"],
): Answer {
  const deltas = typeof text === "string" ? [{ content: text }] : text;
  const events = [
    ...deltas.map((delta) => ({ choices: [{ index: 0, delta }] })),
    { choices: [{ index: 0, delta: {}, finish_reason: reason }] },
  ];
  const body = `${events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("")}data: [DONE]\n\n`;
  return { body, headers };
}

/** A refusal. */
export function fails(status: number, error: unknown, headers?: Answer["headers"]): Answer {
  return { status, headers, body: typeof error === "string" ? { error: { message: error } } : error };
}

/** Models by name, with their windows. */
export function cards(
  windows: Readonly<Record<string, number | undefined>>,
): NonNullable<ProviderSettings["models"]> {
  return Object.entries(windows).map(([id, contextWindow]): ModelCard => ({ id, contextWindow }));
}
