import { expect, test, vi } from "vitest";
import { createGateway } from "../src/index.ts";
import { answer, eventsOf, memoryProvider, post, registryOf, text } from "./case.ts";

test("a gateway that closes takes no call and gives those in flight their time", async () => {
  const gateway = createGateway(registryOf(memoryProvider("one", [100, ...answer("hi")])));
  const inFlight = post(gateway);

  const closed = gateway.close();
  const refused = await post(gateway);
  const ready = await gateway.fetch(new Request("http://127.0.0.1/readyz"));

  expect(refused.status).toBe(503);
  expect(await refused.json()).toMatchObject({ error: { code: "shutting_down" } });
  expect(ready.status).toBe(503);
  expect((await inFlight).status).toBe(200);
  await closed;
});

test("when the time is over, a stream ends with an event and a whole answer with a status", async () => {
  const provider = memoryProvider("one", [...text("half"), "silence"]);
  const gateway = createGateway(registryOf(provider), { graceMs: 100 });
  const whole = post(gateway);
  const stream = (await post(gateway, { stream: true })).text();

  await Promise.all([gateway.close(), vi.waitFor(() => expect(provider.open).toBe(0))]);

  expect((await whole).status).toBe(503);
  expect(eventsOf(await stream).at(-1)).toMatchObject({ error: { code: "shutting_down" } });
  expect(await stream).not.toContain("[DONE]");
});

test("a client that leaves ends a whole answer too", async () => {
  const provider = memoryProvider("one", ["silence"]);
  const { fetch } = createGateway(registryOf(provider));
  const client = new AbortController();
  const { signal } = client;
  const body = JSON.stringify({ messages: [{ role: "user", content: "hi" }] });
  const headers = { "content-type": "application/json" };
  const url = "http://127.0.0.1/v1/chat/completions";
  const response = fetch(new Request(url, { method: "POST", headers, body, signal }));
  await vi.waitFor(() => expect(provider.open).toBe(1));

  client.abort();

  await vi.waitFor(() => expect(provider.open).toBe(0), { timeout: 100, interval: 5 });
  expect((await response).status).toBe(499);
});
