import { createHttpClient } from "@fallthrough/core/provider";
import { httpResponse, type SocketServer, startFaultServer } from "@fallthrough/testkit";
import { afterEach, expect, test } from "vitest";
import { ask, failureError } from "../src/ask.ts";
import { isFailure } from "../src/failure.ts";

let server: SocketServer;
afterEach(() => server.close());

/** What a refusal with these words comes to, as its caller gets it. */
async function refusal(message: string): Promise<unknown> {
  const headers = { "content-type": "application/json", "retry-after": "5" };
  const body = JSON.stringify({ success: false, data: { message } });
  server = await startFaultServer([
    [{ read: "request" }, { send: httpResponse({ status: 429, headers, body }) }],
  ]);
  const http = createHttpClient({ provider: "site", origin: server.origin });
  try {
    const answer = await ask(http, { method: "POST", path: "/wp-admin/admin-ajax.php", body: {} });
    return isFailure(answer) ? failureError(http, answer) : answer;
  } catch (error) {
    return error;
  } finally {
    await http.close();
  }
}

test.each([
  ["that the plugin is known for", "You have reached your quota for today."],
  ["that nobody knows", "Slow down,\n please &amp; wait"],
])("services.md §2, §3: words %s are told, and when to come back", async (_, message) => {
  const words = message.replace(/\n/g, "").replace("&amp;", "&").slice(0, 20);

  const error = await refusal(message);

  expect(error).toMatchObject({ code: "rate-limit", status: 429, retryAfterMs: 5_000 });
  expect((error as Error).message).toContain(words);
});
