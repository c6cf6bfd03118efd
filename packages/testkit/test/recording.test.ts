import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseRecording, type RecordedResponse, type Recording, readRecording } from "../src/recording.ts";

const PACKAGED = new URL("../fixtures/", import.meta.url);
const OWN = new URL("fixtures/ai-power/", import.meta.url);

function answerOf(recording: Recording): RecordedResponse {
  if (!recording.response) throw new Error("no answer was recorded");
  return recording.response;
}

test("a recording tells its notes, its request and its answer", () => {
  const recording = readRecording(new URL("ai-power/1.9.18/07-ok-json.txt", PACKAGED));

  expect(recording.notes[0]).toBe("a plain question (JSON mode)");
  expect(recording.notes).toHaveLength(3);
  expect(recording.request).toMatchObject({
    method: "POST",
    path: "/wp-admin/admin-ajax.php",
    headers: { "content-type": "application/x-www-form-urlencoded" },
  });
  expect(new URLSearchParams(recording.request?.body).get("message")).toBe("Hello, how are you?");
  const answer = answerOf(recording);
  expect(answer).toMatchObject({ status: 200, reason: "OK", cut: false, raw: undefined });
  expect(answer.headers["content-type"]).toBe("application/json; charset=UTF-8");
  expect(JSON.parse(answer.body.toString())).toMatchObject({ data: "Hello from the fake upstream." });
});

test("chunk framing is kept as it was recorded", () => {
  const { chunks, body } = answerOf(readRecording(new URL("ai-power/1.9.18/08-ok-sse.txt", PACKAGED)));

  expect(chunks).toHaveLength(8);
  expect(chunks.every((chunk) => chunk.toString().startsWith("data: "))).toBe(true);
  expect(body.toString().endsWith("data: [DONE]\n\n")).toBe(true);
});

test("a recorded chunk may end inside a line and inside a character", () => {
  const { chunks, body } = answerOf(readRecording(new URL("12-midline-sse.txt", OWN)));

  expect(chunks.some((chunk) => !chunk.toString().endsWith("\n"))).toBe(true);
  expect(body.toString()).not.toContain("\ufffd");
});

test("a multipart request has the line ends that it had on the wire", async () => {
  const { request } = readRecording(new URL("ai-power/2.4.71/020-ok-1-cache.txt", PACKAGED));

  const contentType = request?.headers["content-type"] ?? "";
  const form = await new Response(request?.body, { headers: { "content-type": contentType } }).formData();

  expect(Buffer.byteLength(request?.body ?? "")).toBe(Number(request?.headers["content-length"]));
  expect(form.get("message")).toBe("Hello, how are you?");
});

test("a page whose body was cut is one piece and says that it is cut", () => {
  const { cut, chunks, body } = answerOf(
    readRecording(new URL("ai-power/1.9.18/01-page-home.txt", PACKAGED)),
  );

  expect(cut).toBe(true);
  expect(chunks).toHaveLength(1);
  expect(body.toString()).toContain('data-nonce="324539bcad"');
  expect(body.toString()).not.toContain("########");
});

test("a request whose body was cut is still read", () => {
  const { request, response } = readRecording(new URL("32-message-long-json.txt", OWN));

  expect(request?.body).toContain("characters");
  expect(response?.status).toBe(200);
});

const rawFiles = ["2.3.43", "2.4.71"].flatMap((version) =>
  readdirSync(new URL(`ai-power/${version}/`, PACKAGED))
    .filter((file) => file.endsWith(".raw"))
    .map((file) => `ai-power/${version}/${file.replace(/\.raw$/, "")}`),
);

test.each(rawFiles)("the text and the bytes of %s are one answer", (name) => {
  const text = new URL(`${name}.txt`, PACKAGED);
  const raw = readFileSync(new URL(`${name}.raw`, PACKAGED));

  const kept = answerOf(parseRecording(readFileSync(text)));
  const wire = answerOf(readRecording(text));
  const alone = answerOf(parseRecording(raw));

  expect(wire.raw?.equals(raw)).toBe(true);
  expect(kept.chunks).toEqual(wire.chunks);
  expect(kept.fields).toEqual(wire.fields);
  expect(alone).toEqual(wire);
});

test.each([
  ["talk-ok", 200, 8],
  ["talk-tools", 200, 9],
  ["talk-errorfield", 200, 8],
])("the events of pandora's %s are dechunked although the head says chunked", (name, status, events) => {
  const { notes, request, response } = readRecording(new URL(`pandora/1.3.1/${name}.txt`, PACKAGED));

  expect(notes).toHaveLength(1);
  expect(request).toBeUndefined();
  expect(response).toMatchObject({ status, headers: { "transfer-encoding": "chunked" } });
  expect(response?.body.toString().match(/^data: /gm)).toHaveLength(events);
});

test.each([
  ["talk-401", 401, "UNAUTHORIZED"],
  ["talk-429", 429, "TOO MANY REQUESTS"],
])("pandora's %s keeps its status and its reason", (name, status, reason) => {
  const { response } = readRecording(new URL(`pandora/1.3.1/${name}.txt`, PACKAGED));

  expect(response).toMatchObject({ status, reason });
  expect(JSON.parse(String(response?.body))).toHaveProperty("detail");
});

test("an answer without notes has exactly the bytes that its length tells", () => {
  const { notes, response } = readRecording(new URL("pandora/1.3.1/session.txt", PACKAGED));

  expect(notes).toEqual([]);
  expect(response?.body).toHaveLength(Number(response?.headers["content-length"]));
});

test("a server that hung has no answer", () => {
  const recording = readRecording(new URL("pandora/1.3.1/talk-html403.txt", PACKAGED));

  expect(recording.notes).toHaveLength(1);
  expect(recording.response).toBeUndefined();
});

test("a path is as good as a URL", () => {
  const url = new URL("ai-power/2.4.71/021-ok-2-stream.txt", PACKAGED);

  expect(readRecording(url.pathname)).toEqual(readRecording(url));
});

test("a text that is no recording is refused", () => {
  expect(() => parseRecording("<html>\n\n</html>")).toThrow("no response head");
});
