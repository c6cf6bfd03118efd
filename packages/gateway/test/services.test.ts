import { createOpenAI } from "@fallthrough/provider-openai";
import { createRegistry } from "@fallthrough/registry";
import { httpResponse, type SocketServer, startReplay } from "@fallthrough/testkit";
import { afterEach, expect, test } from "vitest";
import { type CallRecord, createGateway } from "../src/index.ts";

const KEY = "top-secret-key-of-the-test";
const PROMPT = "the private question of a person";

const servers: SocketServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

/** What a client gets whose request this service refuses, and what the log says of it. */
async function refusedWith(
  status: number,
  body: object,
): Promise<{ readonly status: number; readonly told: string; readonly record: CallRecord | undefined }> {
  const response = httpResponse({
    status,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const server = await startReplay([{ response }]);
  servers.push(server);
  const provider = createOpenAI({ baseURL: `${server.origin}/v1`, apiKey: KEY, models: [{ id: "m" }] });
  const records: CallRecord[] = [];
  const registry = createRegistry({ providers: [provider] });
  const gateway = createGateway(registry, { onCall: (record) => records.push(record) });
  const answer = await gateway.fetch(
    new Request("http://localhost/v1/chat/completions", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "m", messages: [{ role: "user", content: PROMPT }] }),
    }),
  );
  const told = await answer.text();
  await registry.close();
  return { status: answer.status, told, record: records[0] };
}

const WORDS = "these are\n the server's own words";

test.each([
  [400, 400],
  [404, 404],
  [413, 413],
  [422, 400],
])(
  "services.md §3: a client whose request a service refuses with %d gets its words, and so does the log",
  async (status, expected) => {
    const {
      status: given,
      told,
      record,
    } = await refusedWith(status, { error: { message: `${WORDS}: ${KEY}, ${PROMPT}` } });

    expect(given).toBe(expected);
    expect(told).toContain("these are the server's own words");
    expect(record).toMatchObject({
      status: expected,
      message: expect.stringContaining("these are the server's own words"),
    });
    expect(record?.message).not.toContain("\n");
    expect(told + JSON.stringify(record)).not.toMatch(new RegExp(`${KEY}|${PROMPT}`));
  },
);

test.each([401, 402, 403, 429, 500, 503])(
  "services.md §3: the words of a %d are for whoever runs the gateway, in its log alone",
  async (status) => {
    const { told, record } = await refusedWith(status, { error: { message: WORDS } });

    expect(told).not.toContain("own words");
    expect(record?.message).toContain("these are the server's own words");
  },
);

test("services.md §1: a reason that nobody knows is told in the server's word, and never as a stop", async () => {
  const choice = { index: 0, message: { content: "Hi" }, finish_reason: "elephant" };
  const { told } = await refusedWith(200, { choices: [choice] });

  expect(JSON.parse(told)).toMatchObject({ choices: [{ finish_reason: "elephant" }] });
});
