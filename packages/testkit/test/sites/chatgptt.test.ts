import { expect, test } from "vitest";
import type { Upstream } from "../../src/upstream.ts";
import { exchangeBytes } from "../raw-client.ts";
import { eventsOf, runSites } from "../site-run.ts";

async function nonceOf({ baseURL }: Upstream): Promise<string> {
  return /data-nonce="(\w+)"/.exec(await (await fetch(baseURL)).text())?.[1] ?? "";
}

function ask(
  { baseURL }: Upstream,
  fields: Readonly<Record<string, string>>,
  toBody: (fields: Readonly<Record<string, string>>) => string | FormData | URLSearchParams = (form) =>
    new URLSearchParams(form),
): Promise<Response> {
  const form = {
    action: "wpaicg_chat_shortcode_message",
    message: "how are you?",
    post_id: "22",
    bot_id: "0",
  };
  return fetch(`${baseURL}/wp-admin/admin-ajax.php`, {
    method: "POST",
    body: toBody({ ...form, ...fields }),
  });
}

function multipart(fields: Readonly<Record<string, string>>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return form;
}

function textOf(body: string): string {
  const chunks = eventsOf(body).filter((data) => data !== "[DONE]");
  return chunks.map((data) => JSON.parse(data).choices[0].delta.content ?? "").join("");
}

test.each(["/", "/chat", "/chat/"])(
  "the page at %s has the recorded markup under its own origin",
  async (path) => {
    const { chatgptt } = await runSites();

    const page = await (await fetch(chatgptt.baseURL + path)).text();

    const { port } = new URL(chatgptt.baseURL);
    expect(page).toContain('<div class="wpaicg-chat-shortcode"');
    expect(page).toContain('data-post-id="22"');
    expect(page).toContain('data-openai_stream_nav="1"');
    const parameters = /var wpaicgParams = (\{.*\});/.exec(page)?.[1] ?? "";
    expect(JSON.parse(parameters)).toMatchObject({
      ajax_url: `http://127.0.0.1:${port}/wp-admin/admin-ajax.php`,
      search_nonce: /data-nonce="(\w+)"/.exec(page)?.[1],
    });
    expect(page).not.toContain("8099");
  },
);

test("another path is a missing page", async () => {
  const { chatgptt } = await runSites();

  expect((await fetch(`${chatgptt.baseURL}/nowhere/`)).status).toBe(404);
});

test("the nonce of a run is its own", async () => {
  const [one, other] = [await runSites(), await runSites()];

  const nonces = [await nonceOf(one.chatgptt), await nonceOf(other.chatgptt)];

  expect(nonces[0]).toMatch(/^[0-9a-f]{10}$/);
  expect(nonces[0]).not.toBe(nonces[1]);
});

test("a question is streamed in the recorded frames", async () => {
  const { chatgptt, answerTo } = await runSites();

  const response = await ask(chatgptt, { _wpnonce: await nonceOf(chatgptt) });
  const body = await response.text();

  expect(response.headers.get("content-type")).toBe("text/event-stream;charset=UTF-8");
  expect(textOf(body)).toBe(answerTo("how are you?"));
  expect(body.endsWith("data: [DONE]\n\n")).toBe(true);
});

test("in JSON mode a question is answered at once, with PHP's escapes", async () => {
  const { chatgptt, answerTo } = await runSites({ chatgptt: { mode: "json" } });

  const response = await ask(chatgptt, { _wpnonce: await nonceOf(chatgptt), message: "a/b é" });
  const body = await response.text();

  expect(JSON.parse(body)).toMatchObject({ status: "success", data: answerTo("a/b é") });
  expect(body).toContain("\\ud83d\\udc4b");
  expect(body).toContain("a\\/b \\u00e9");
});

test("a multipart form is as good as an urlencoded one", async () => {
  const { chatgptt, answerTo } = await runSites();

  const response = await ask(chatgptt, { _wpnonce: await nonceOf(chatgptt) }, multipart);

  expect(textOf(await response.text())).toBe(answerTo("how are you?"));
});

test.each(["", "0123456789"])("the nonce %j is refused as it was recorded", async (nonce) => {
  const { chatgptt } = await runSites();

  const response = await ask(chatgptt, { _wpnonce: nonce });

  expect(response.status).toBe(403);
  expect(await response.text()).toBe(
    `The link you followed has expired.</p><p><a href="${chatgptt.baseURL}/">Please try again.</a>`,
  );
});

test.each(["", "0"])("the message %j is nothing", async (message) => {
  const { chatgptt } = await runSites();

  const response = await ask(chatgptt, { _wpnonce: await nonceOf(chatgptt), message });

  expect(await response.json()).toEqual({ status: "error", msg: "It appears that nothing was inputted." });
});

test("an unknown action and a JSON body are answered with status 400 and a zero", async () => {
  const { chatgptt } = await runSites();

  const unknown = await ask(chatgptt, { action: "aipkit_cache_sse_message" });
  const json = await ask(chatgptt, {}, JSON.stringify);

  expect([unknown.status, await unknown.text()]).toEqual([400, "0"]);
  expect([json.status, await json.text()]).toEqual([400, "0"]);
});

test("an expired nonce is refused once, and the page has a new one", async () => {
  const { chatgptt } = await runSites();
  const before = await nonceOf(chatgptt);
  chatgptt.behave("expired-nonce");

  const refused = await ask(chatgptt, { _wpnonce: before });
  const after = await nonceOf(chatgptt);

  expect(refused.status).toBe(403);
  expect(after).not.toBe(before);
  expect((await ask(chatgptt, { _wpnonce: after })).status).toBe(200);
  expect((await ask(chatgptt, { _wpnonce: before })).status).toBe(403);
});

test("an empty answer is what was recorded of either mode", async () => {
  const streaming = await runSites();
  const plain = await runSites({ chatgptt: { mode: "json" } });
  streaming.chatgptt.behave("empty");
  plain.chatgptt.behave("empty");

  const streamed = await ask(streaming.chatgptt, { _wpnonce: await nonceOf(streaming.chatgptt) });
  const whole = await ask(plain.chatgptt, { _wpnonce: await nonceOf(plain.chatgptt) });

  expect(await streamed.text()).toBe("");
  expect(await whole.json()).toMatchObject({ status: "success", data: "" });
});

test("a server error is WordPress's own page", async () => {
  const { chatgptt } = await runSites();
  chatgptt.behave("server-error");

  const response = await fetch(chatgptt.baseURL);

  expect(response.status).toBe(500);
  expect(await response.text()).toContain("There has been a critical error on this website.");
});

test("a cut comes after some of the answer", async () => {
  const { chatgptt } = await runSites();
  const nonce = await nonceOf(chatgptt);
  chatgptt.behave("cut");

  // `fetch` takes a reset for an end where the head says that the connection closes
  const form = `action=wpaicg_chat_shortcode_message&message=hi&_wpnonce=${nonce}`;
  const head = `Host: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${form.length}`;
  const { text, errorCode } = await exchangeBytes(
    Number(new URL(chatgptt.baseURL).port),
    `POST /wp-admin/admin-ajax.php HTTP/1.1\r\n${head}\r\n\r\n${form}`,
  );

  expect(errorCode).toBe("ECONNRESET");
  expect(text.match(/"delta":\{"content":"[^"]/g)).toHaveLength(4);
  expect(text).not.toContain("[DONE]");
});
