import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { createOpenAI } from "@fallthrough/provider-openai";
import { createRegistry } from "@fallthrough/registry";
import { afterEach, expect, test } from "vitest";
import { createGateway } from "../../../src/index.ts";
import { askMessages, messageOf } from "./ask.ts";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

interface WireMessage {
  readonly role: string;
  readonly reasoning_details?: readonly { readonly data: string }[];
  readonly tool_calls?: readonly {
    readonly extra_content?: { readonly google?: { readonly thought_signature: string } };
  }[];
}

interface Vendor {
  readonly baseURL: string;
  /** Whether it answers 503. */
  isDown: boolean;
  /** The signatures of each request that it answered. */
  readonly seen: (readonly string[])[];
}

/** A vendor that signs its thoughts and its calls, and answers a signature that is not its own with 400. */
async function startVendor(name: string): Promise<Vendor> {
  const seen: (readonly string[])[] = [];
  const vendor = { isDown: false, seen, baseURL: "" };
  let signed = 0;
  const server = createServer(async (incoming, response) => {
    const { messages } = (await json(incoming)) as { messages: readonly WireMessage[] };
    const answer = (status: number, body: object): void => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    };
    if (vendor.isDown) return answer(503, { error: { message: "down" } });
    const signatures = messages.flatMap(({ reasoning_details = [], tool_calls = [] }) => [
      ...reasoning_details.map(({ data }) => data),
      ...tool_calls.flatMap(({ extra_content }) => extra_content?.google?.thought_signature ?? []),
    ]);
    if (signatures.some((signature) => !signature.startsWith(`${name} `))) {
      return answer(400, { error: { message: "the signature is invalid" } });
    }
    seen.push(signatures);
    signed++;
    const results = messages.filter(({ role }) => role === "tool").length;
    const call = {
      id: `${name}-${signed}`,
      type: "function",
      function: { name: "now", arguments: "{}" },
      extra_content: { google: { thought_signature: `${name} call ${signed}` } },
    };
    const message = {
      role: "assistant",
      content: results < 3 ? null : `done by ${name}`,
      reasoning: "let me see",
      reasoning_details: [{ type: "reasoning.encrypted", data: `${name} thought ${signed}`, index: 0 }],
      ...(results < 3 ? { tool_calls: [call] } : {}),
    };
    const finish_reason = results < 3 ? "tool_calls" : "stop";
    return answer(200, { id: "c", model: "m", choices: [{ index: 0, message, finish_reason }] });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  vendor.baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  return vendor;
}

test.each([false, true])(
  "a tool loop goes from one vendor to the other and back, and each sees its own signatures only, streamed: %s",
  async (stream) => {
    const [one, two] = [await startVendor("one"), await startVendor("two")];
    const providers = [
      createOpenAI({ id: "one", baseURL: one.baseURL, models: [{ id: "m" }] }),
      createOpenAI({ id: "two", baseURL: two.baseURL, models: [{ id: "m" }] }),
    ];
    // no cooldown, so that the first one is asked again in the next turn
    const policy = { server: { health: "none" } } as const;
    const gateway = createGateway(createRegistry({ providers, policy }));
    const tools = [{ name: "now", input_schema: { type: "object" } }];
    const messages: object[] = [{ role: "user", content: "When?" }];
    const models: unknown[] = [];

    /** Asks, and puts the answer with the results of its calls into the conversation. */
    async function turn(): Promise<readonly string[]> {
      const { content, model } = await messageOf(await askMessages(gateway, { messages, tools, stream }));
      models.push(model);
      const results = content.flatMap(({ type, id }) =>
        type === "tool_use" ? [{ type: "tool_result", tool_use_id: id, content: "12:00" }] : [],
      );
      messages.push({ role: "assistant", content });
      if (results.length > 0) messages.push({ role: "user", content: results });
      return content.flatMap(({ type, text }) => (type === "text" ? [`${text}`] : []));
    }

    await turn();
    one.isDown = true;
    await turn();
    one.isDown = false;
    await turn();
    const said = await turn();

    expect(models).toEqual(["one/m", "two/m", "one/m", "one/m"]);
    expect(said).toEqual(["done by one"]);
    expect(two.seen).toEqual([[]]);
    expect(one.seen).toEqual([
      [],
      ["one thought 1", "one call 1"],
      ["one thought 1", "one call 1", "one thought 2", "one call 2"],
    ]);
  },
);
