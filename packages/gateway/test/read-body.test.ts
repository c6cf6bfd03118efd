import { expect, test } from "vitest";
import { readBody as read } from "../src/read-body.ts";

const HEADERS = { "content-type": "application/json; charset=utf-8" };

function request(body: string | ReadableStream, headers: Record<string, string> = HEADERS): Request {
  return new Request("http://127.0.0.1/", { method: "POST", headers, body, duplex: "half" });
}

function readBody(from: Request, bodyBytes: number): Promise<unknown> {
  const call = { signal: new AbortController().signal, hold() {} };
  return read(from, call, { bodyBytes, bodyMs: 100 });
}

test("a body that stops coming is refused, and one that the gateway gives up on too", async () => {
  const client = new AbortController();
  const silent = () => request(new ReadableStream());
  const call = { signal: client.signal, hold() {} };

  await expect(readBody(silent(), 16)).rejects.toMatchObject({ status: 408, code: "body_stalled" });
  const reading = read(silent(), call, { bodyBytes: 16, bodyMs: 0 });
  client.abort(new Error("given up"));
  await expect(reading).rejects.toThrow("given up");
});

test("a body with and without a length is read", async () => {
  const declared = request('{"a":1}', { ...HEADERS, "content-length": "7" });

  expect(await readBody(declared, 7)).toEqual({ a: 1 });
  expect(await readBody(request('{"ä":1}'), 8)).toEqual({ ä: 1 });
});

test.each([
  ["another type", "{}", { "content-type": "text/plain" }, 415],
  ["no type", "{}", { "content-type": "" }, 415],
  ["a compressed body", "{}", { ...HEADERS, "content-encoding": "gzip" }, 415],
  ["a declared length that is too large", "{}", { ...HEADERS, "content-length": "999" }, 413],
  ["no JSON", "{hunter2}", HEADERS, 400],
  ["JSON that ends early", '{"a":"hunter2', HEADERS, 400],
  ["JSON that is nested too deeply", "[".repeat(80) + "]".repeat(80), HEADERS, 400],
])("%s is refused", async (_, body, headers, status) => {
  const refusal = await readBody(request(body, headers), 256).catch((error: unknown) => error);

  expect(refusal).toMatchObject({ status });
  expect(String(refusal)).not.toContain("hunter2");
});

test("a body without a length is given up as soon as it is too large", async () => {
  let sent = 0;
  const endless = new ReadableStream({
    pull(controller) {
      sent++;
      controller.enqueue(new Uint8Array(1024));
    },
  });

  await expect(readBody(request(endless), 4096)).rejects.toMatchObject({ status: 413 });
  expect(sent).toBeLessThan(10);
});
