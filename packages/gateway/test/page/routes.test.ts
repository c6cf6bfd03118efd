import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { createGateway } from "../../src/index.ts";
import { answer, memoryProvider, registryOf } from "../case.ts";

const BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

function get(headers: Record<string, string>, method = "GET"): Promise<Response> {
  const gateway = createGateway(registryOf(memoryProvider("one", answer("x"))), { token: "secret" });
  return gateway.fetch(new Request("http://localhost/", { method, headers }));
}

test.each([
  ["names nothing", {}],
  ["takes anything", { accept: "*/*" }],
  ["wants JSON", { accept: "application/json" }],
  ["wants text", { accept: "text/plain, text/htmlx" }],
])("a client that %s is told that Ollama is running", async (_, headers) => {
  const response = await get(headers);

  expect(response.headers.get("content-type")).toBe("text/plain");
  expect(await response.text()).toBe("Ollama is running");
});

test("a browser gets the page without a token, with a policy that lets only its own script and style run", async () => {
  const response = await get({ accept: BROWSER });
  const html = await response.text();
  const policy = response.headers.get("content-security-policy") ?? "";
  const hash = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
  expect(response.headers.get("vary")).toBe("accept");
  expect(policy).not.toContain("unsafe");
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain(
    `script-src ${hash(/<script type="module">([\s\S]*)<\/script>/.exec(html)?.[1] ?? "")};`,
  );
  expect(policy).toContain(`style-src ${hash(/<style>([\s\S]*?)<\/style>/.exec(html)?.[1] ?? "")};`);
});

test("the page is one file of at most 20 kB, which names no other place", async () => {
  const html = await (await get({ accept: BROWSER })).text();

  expect(gzipSync(html, { level: 9 }).length).toBeLessThanOrEqual(20 * 1024);
  expect(html.match(/(?:src|href)="(?!data:)[^"]*"/g)).toBeNull();
  expect(
    [...html.matchAll(/https?:\/\/[\w.]+/g)].map(([url]) => url).filter((url) => !url.endsWith("w3.org")),
  ).toEqual([]);
});

test("a page of another site cannot have it, and neither can another host name", async () => {
  const foreign = await get({ accept: BROWSER, origin: "https://evil.example" });
  const gateway = createGateway(registryOf(), {});
  const renamed = await gateway.fetch(new Request("http://evil.example/", { headers: { accept: BROWSER } }));

  expect([foreign.status, renamed.status]).toEqual([403, 421]);
});
