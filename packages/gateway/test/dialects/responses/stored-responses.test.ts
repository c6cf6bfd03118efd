import OpenAI from "openai";
import { afterEach, expect, test } from "vitest";
import { type GatewayServerOptions, type RunningGateway, startGateway } from "../../../src/index.ts";
import { answer, memoryProvider, registryOf } from "../../case.ts";

let gateway: RunningGateway | undefined;

afterEach(() => gateway?.close());

/** OpenAI's own client before a gateway whose model says hello. */
async function start(options: GatewayServerOptions = {}, apiKey = "any"): Promise<OpenAI> {
  gateway = await startGateway(registryOf(memoryProvider("one", answer("Hel", "lo"))), {
    port: 0,
    ...options,
  });
  return new OpenAI({ baseURL: gateway.baseURL, apiKey, maxRetries: 0 });
}

test("a response that was given out is there again, whole and streamed, as it was", async () => {
  const client = await start();
  const whole = await client.responses.create({
    model: "auto",
    input: "hi",
    metadata: { topic: "greeting" },
  });
  const streamed = await client.responses
    .stream({ model: "auto", input: "hi", instructions: "Be brief" })
    .finalResponse();

  const again = await client.responses.retrieve(whole.id);

  expect(again).toEqual(whole);
  expect(again).toMatchObject({ model: "one/model", output_text: "Hello", metadata: { topic: "greeting" } });
  expect(await client.responses.retrieve(streamed.id)).toMatchObject({
    id: streamed.id,
    status: "completed",
    instructions: "Be brief",
    output: [{ type: "message", content: [{ text: "Hello" }] }],
  });
});

test("a response that was deleted is gone, with its items and for what would go on from it", async () => {
  const client = await start();
  const { id, output } = await client.responses.create({ model: "auto", input: "hi" });
  const item = output[0]?.id ?? "";

  const deleted = await client.responses.delete(id);

  expect(deleted).toMatchObject({ id, object: "response", deleted: true });
  await expect(client.responses.retrieve(id)).rejects.toMatchObject({
    status: 404,
    code: "response_not_found",
  });
  await expect(client.responses.delete(id)).rejects.toMatchObject({ status: 404 });
  await expect(
    client.responses.create({ model: "auto", input: "go on", previous_response_id: id }),
  ).rejects.toMatchObject({ code: "previous_response_not_found" });
  await expect(
    client.responses.create({ model: "auto", input: [{ type: "item_reference", id: item }] }),
  ).rejects.toMatchObject({ code: "item_not_found" });
});

test("what was new in a request is listed in pages, in either order", async () => {
  const client = await start();
  const input = ["a", "b", "c"].map((content) => ({ role: "user" as const, content }));
  const { id } = await client.responses.create({ model: "auto", input });

  const newest = await client.responses.inputItems.list(id, { limit: 2 });
  const all: unknown[] = [];
  for await (const item of client.responses.inputItems.list(id, { limit: 2, order: "asc" })) all.push(item);

  expect(newest).toMatchObject({ data: [{ content: "c" }, { content: "b" }], has_more: true });
  expect(all).toMatchObject(
    ["a", "b", "c"].map((content) => ({ type: "message", id: expect.any(String), content })),
  );
  await expect(client.responses.inputItems.list(id, { limit: 0 })).rejects.toMatchObject({
    status: 400,
    param: "limit",
  });
  await expect(client.responses.inputItems.list(id, { after: "none" })).rejects.toMatchObject({
    param: "after",
  });
});

test.each([
  ["was not to be stored", {}, { store: false }],
  ["came from a gateway that remembers nothing", { rememberMs: 0 }, {}],
])("a response that %s is not found", async (_, options, body) => {
  const client = await start(options);
  const { id } = await client.responses.create({ model: "auto", input: "hi", ...body });

  await expect(client.responses.retrieve(id)).rejects.toMatchObject({
    status: 404,
    message: expect.stringContaining("store: false"),
  });
});

test("a response belongs to the token that asked for it", async () => {
  const client = await start({ tokens: { one: "token-one", two: "token-two" } }, "token-one");
  const { id } = await client.responses.create({ model: "auto", input: "hi" });
  const other = client.withOptions({ apiKey: "token-two" });

  await expect(other.responses.retrieve(id)).rejects.toMatchObject({ status: 404 });
  await expect(other.responses.delete(id)).rejects.toMatchObject({ status: 404 });
  await expect(client.withOptions({ apiKey: "wrong" }).responses.retrieve(id)).rejects.toMatchObject({
    status: 401,
  });
  expect((await client.responses.retrieve(id)).id).toBe(id);
});

test("what only a response in the background could do is refused in words", async () => {
  const client = await start();
  const { id } = await client.responses.create({ model: "auto", input: "hi" });

  await expect(client.responses.cancel(id)).rejects.toMatchObject({
    status: 400,
    message: expect.stringContaining("background"),
  });
  await expect(client.responses.retrieve(id, { stream: true })).rejects.toMatchObject({ param: "stream" });
});
