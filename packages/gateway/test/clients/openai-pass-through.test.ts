import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createOpenAI } from "@fallthrough/provider-openai";
import { createRegistry } from "@fallthrough/registry";
import OpenAI, { NotFoundError } from "openai";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningGateway, startGateway } from "../../src/index.ts";

const VECTOR = [0.5, -0.25];
const EVENTS = ["if (a)", " b"].map((text) => ({
  id: "c",
  object: "text_completion",
  choices: [{ index: 0, text }],
}));

const server = createServer(async (incoming, response) => {
  let sent = "";
  for await (const chunk of incoming) sent += chunk;
  const { model, input, encoding_format, stream } = JSON.parse(sent);
  if (stream === true) {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const event of EVENTS) response.write(`data: ${JSON.stringify(event)}\n\n`);
    response.end("data: [DONE]\n\n");
    return;
  }
  const embedding =
    encoding_format === "base64" ? Buffer.from(new Float32Array(VECTOR).buffer).toString("base64") : VECTOR;
  const body =
    input === undefined
      ? { ...EVENTS[0], model }
      : {
          object: "list",
          model,
          data: [{ object: "embedding", index: 0, embedding }],
          usage: { prompt_tokens: 1 },
        };
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
});
let gateway: RunningGateway;
let client: OpenAI;

beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  const provider = createOpenAI({ id: "one", baseURL, models: [{ id: "e5" }, { id: "coder" }] });
  gateway = await startGateway(createRegistry({ providers: [provider] }), { port: 0 });
  client = new OpenAI({ baseURL: gateway.baseURL, apiKey: "any", maxRetries: 0 });
});
afterAll(async () => {
  await gateway.close();
  server.closeAllConnections();
  server.close();
});

test.each([["float"], ["base64"], [undefined]] as const)(
  "a vector comes as the client asks for it: %s",
  async (encoding_format) => {
    const { data, model } = await client.embeddings.create({
      model: "one/e5",
      input: "hi",
      ...(encoding_format === undefined ? {} : { encoding_format }),
    });

    expect(model).toBe("e5");
    expect(data[0]?.embedding).toEqual(
      encoding_format === "base64" ? Buffer.from(new Float32Array(VECTOR).buffer).toString("base64") : VECTOR,
    );
  },
);

test("a raw prompt is completed, whole and streamed", async () => {
  const asked = { model: "coder", prompt: "<PRE> a <SUF> b <MID>", max_tokens: 5 };

  const whole = await client.completions.create(asked);
  let said = "";
  for await (const { choices } of await client.completions.create({ ...asked, stream: true }))
    said += choices[0]?.text;

  expect(whole.choices[0]?.text).toBe("if (a)");
  expect(said).toBe("if (a) b");
});

test("a model that nobody has is the client's own error", async () => {
  await expect(client.embeddings.create({ model: "none", input: "hi" })).rejects.toBeInstanceOf(
    NotFoundError,
  );
});
