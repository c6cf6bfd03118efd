import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { createOpenAI } from "@fallthrough/provider-openai";
import { createRegistry, type Registry } from "@fallthrough/registry";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { findProgram } from "../../../../scripts/system-packages.mjs";
import { type GatewayServerOptions, type RunningGateway, startGateway } from "../../src/index.ts";
import { type ChatServer, startChatServer } from "./chat-server.ts";

const CHROMIUM = findProgram("chromium");
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SCREENSHOT = fileURLToPath(new URL("../../../../docs/page.png", import.meta.url));
const MIB = 1024 * 1024;
const MINUTE_MS = 60_000;

const cleanups: (() => Promise<unknown>)[] = [];
let browser: Browser;

// a browser on a machine that is busy
vi.setConfig({ testTimeout: 30_000 });

beforeAll(async () => {
  if (CHROMIUM === undefined) return;
  // the sandbox is not for root, and no page of another site is opened
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
}, 60_000);
afterEach(async () => {
  vi.useRealTimers();
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});
afterAll(async () => {
  await browser?.close();
});

interface House {
  readonly origin: string;
  readonly gateway: RunningGateway;
  readonly registry: Registry;
  readonly first: ChatServer;
  readonly second: ChatServer;
}

/** Two servers behind a gateway. */
async function startHouse(options: GatewayServerOptions = {}): Promise<House> {
  const [first, second] = await Promise.all([startChatServer(), startChatServer()]);
  const registry = createRegistry({
    providers: [
      createOpenAI({
        id: "groq",
        baseURL: first.baseURL,
        apiKey: "key-1",
        models: [{ id: "llama-3.3-70b" }],
      }),
      createOpenAI({ id: "ollama", baseURL: second.baseURL, models: [{ id: "llama3.2" }] }),
    ],
    aliases: { fast: ["groq/llama-3.3-70b", "ollama/llama3.2"] },
  });
  const gateway = await startGateway(registry, { port: 0, graceMs: 100, ...options });
  cleanups.push(
    first.close,
    second.close,
    () => registry.close(),
    () => gateway.close(),
  );
  return { origin: gateway.baseURL.replace("/v1", ""), gateway, registry, first, second };
}

/** Waits as long as a busy machine may take. */
function until(check: () => Promise<void>): Promise<void> {
  return vi.waitFor(check, { timeout: 15_000, interval: 100 });
}

interface Visit {
  readonly page: Page;
  /** What the browser complained about, and requests that went elsewhere. */
  readonly complaints: string[];
}

async function visit(origin: string, options: Parameters<Browser["newContext"]>[0] = {}): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  cleanups.push(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    // a refusal that the page expects is an error to the browser
    const isExpected = /Failed to load resource|net::ERR_/.test(message.text());
    if (message.type() === "error" && !isExpected) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => {
    if (!request.url().startsWith(origin) && !request.url().startsWith("data:"))
      complaints.push(request.url());
  });
  page.on("dialog", (dialog) => {
    complaints.push(dialog.message());
    void dialog.dismiss();
  });
  await page.goto(origin);
  return { page, complaints };
}

async function askOn(page: Page, question: string): Promise<void> {
  await page.getByRole("textbox", { name: "Question" }).fill(question);
  await page.getByRole("button", { name: "Send" }).click();
}

function headline(page: Page): Promise<string | null> {
  return page.locator(".headline").textContent();
}

async function violations(page: Page): Promise<readonly string[]> {
  // as a text, because the policy of the page lets no other script in
  const found = (await page.evaluate(`${AXE}; axe.run().then(({ violations }) => violations)`)) as readonly {
    readonly id: string;
    readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
  }[];
  return found.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`)}`,
  );
}

const inBrowser = test.runIf(CHROMIUM !== undefined);

inBrowser(
  "the first visit says that it works and who answers, asks nobody else, and has every address",
  async () => {
    const { origin } = await startHouse();

    const { page, complaints } = await visit(origin);

    await until(async () => expect(await headline(page)).toBe("It works. groq/llama-3.3-70b answers."));
    expect(await page.locator(".candidate .id").allInnerTexts()).toEqual([
      "groq/llama-3.3-70b",
      "ollama/llama3.2",
    ]);
    expect(await page.locator(".connect code").allInnerTexts()).toEqual([
      `${origin}/v1`,
      origin,
      origin,
      `${origin}/metrics`,
    ]);
    expect(complaints).toEqual([]);
  },
);

inBrowser("a chat streams, keeps its history, and shows its route; the model can be chosen", async () => {
  const { origin, second } = await startHouse();
  second.behave({ pieces: ["The sky ", "is blue."], paceMs: 50 });
  const { page, complaints } = await visit(origin);
  await page.getByLabel("Model").selectOption("ollama/llama3.2");

  await askOn(page, "Why?");
  await page.locator(".exchange .answer", { hasText: "The sky is blue." }).waitFor();
  await page.getByRole("textbox", { name: "Question" }).fill("And at night?");
  await page.keyboard.press("Enter");
  await page.locator(".exchange").nth(1).locator(".route .answered").waitFor();

  expect(await page.locator(".exchange").nth(0).locator(".route").textContent()).toMatch(
    /ollama\/llama3\.2 answered, \d+ ms/,
  );
  expect(await page.locator(".call .model").first().textContent()).toBe("ollama/llama3.2");
  expect(complaints).toEqual([]);
});

inBrowser("a failure says what to do about it, and where more is to be read", async () => {
  const { origin, first, second } = await startHouse();
  for (const one of [first, second]) one.behave({ status: 401, pieces: ["no key"] });
  const { page, complaints } = await visit(origin);

  await askOn(page, "Go");
  const alert = page.locator(".exchange [role=alert]");
  await alert.waitFor();

  expect(await alert.textContent()).toContain("Check its key or login.");
  expect(await alert.getByRole("link").getAttribute("href")).toMatch(/^https:.*\/errors#auth$/);
  const candidate = page.locator(".candidate").first();
  await candidate.getByText("Check its key or login.").waitFor();
  expect(await candidate.getByRole("link").getAttribute("href")).toMatch(/^https:.*\/errors#auth$/);
  expect(await violations(page)).toEqual([]);
  expect(complaints).toEqual([]);
});

inBrowser("a fallback is seen while it happens", async () => {
  const { origin, first, second } = await startHouse();
  first.behave({ status: 429, headers: { "retry-after": "60" }, paceMs: 100 });
  second.behave({ pieces: ["one ", "two ", "three"], paceMs: 700 });
  const { page } = await visit(origin);
  await page.locator(".candidate").first().waitFor();

  await askOn(page, "Go");
  await page.locator(".exchange .route .failed", { hasText: "rate-limit" }).waitFor();
  const isRunning = await page.getByRole("button", { name: "Stop" }).isVisible();
  await page.locator(".exchange .route .answered").waitFor();

  expect(isRunning).toBe(true);
  await until(async () =>
    expect(await headline(page)).toBe("It works, with a fallback. ollama/llama3.2 answers."),
  );
  expect(await page.locator(".candidate").first().locator(".pill").textContent()).toMatch(
    /left out\s*rate-limit, (1 min|\d+ s)( \d+ s)? left/,
  );
});

inBrowser("a provider that goes down and comes back is seen to", { timeout: 30_000 }, async () => {
  const { origin, first, second } = await startHouse();
  const { page } = await visit(origin);
  await page.locator(".candidate").first().waitFor();
  first.behave({ status: 429, headers: { "retry-after": "2" } });
  second.behave({ status: 429, headers: { "retry-after": "2" } });

  await askOn(page, "Go");
  await until(async () =>
    expect(await headline(page)).toMatch(/^Nobody can answer now. Next try in \d s\.$/),
  );
  await page.locator(".exchange .bad").waitFor();
  first.behave({});
  await until(async () => expect(await headline(page)).toContain("groq/llama-3.3-70b answers."));
  await askOn(page, "And now?");
  await page.locator(".exchange .answer", { hasText: "Hello." }).waitFor();

  await until(async () => expect(await headline(page)).toBe("It works. groq/llama-3.3-70b answers."));
});

inBrowser("an answer can be stopped, and the call ends with it", async () => {
  const { origin, first } = await startHouse();
  first.behave({ pieces: Array.from({ length: 400 }, (_, index) => `${index} `), paceMs: 50 });
  const { page } = await visit(origin);
  await page.locator(".candidate").first().waitFor();

  await askOn(page, "Count");
  await page.locator(".answer", { hasText: "3" }).waitFor();
  await page.getByRole("button", { name: "Stop" }).click();

  await page.locator(".exchange", { hasText: "Stopped." }).waitFor();
  await page.locator(".call.aborted").waitFor();
});

inBrowser(
  "without a token the page asks for it, says when it is wrong, and keeps it in the tab alone",
  async () => {
    const { origin } = await startHouse({ token: "right-token" });
    const { page } = await visit(origin);

    await until(async () => expect(await headline(page)).toBe("This gateway asks for a token."));
    await page.getByLabel("Token").fill("wrong-token");
    await page.getByRole("button", { name: "Enter" }).click();
    await page.getByRole("alert").filter({ hasText: "refused this token" }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByLabel("Token").fill("right-token");
    await page.keyboard.press("Enter");
    await until(async () => expect(await headline(page)).toContain("It works."));
    await askOn(page, "Hello?");
    await page.locator(".exchange .answer", { hasText: "Hello." }).waitFor();

    expect(await page.evaluate("[localStorage.length, document.cookie, location.href]")).toEqual([
      0,
      "",
      `${origin}/`,
    ]);
    await page.reload();
    await until(async () => expect(await headline(page)).toContain("It works."));
    await page.getByRole("button", { name: "Forget the token" }).click();
    await page.getByLabel("Token").waitFor();
  },
);

inBrowser("a token for some models can chat, and is told that it sees no more", async () => {
  const { origin } = await startHouse({ tokens: { team: { token: "team-token", models: ["fast"] } } });
  const { page } = await visit(origin);
  await page.getByLabel("Token").fill("team-token");
  await page.keyboard.press("Enter");

  await until(async () => expect(await headline(page)).toBe("This token may ask for some models only."));
  await page.getByLabel("Model").selectOption("fast");
  await askOn(page, "Hello?");

  await page.locator(".exchange .answer", { hasText: "Hello." }).waitFor();
});

inBrowser("a hostile answer is text, and commands neither the page nor what stands beside it", async () => {
  const { origin, first } = await startHouse();
  const hostile =
    '<img src=x onerror="alert(1)"><script>alert(2)</script>\u001b]0;owned\u0007\u202eevil\u2066 [x](javascript:alert(3))';
  first.behave({ pieces: [hostile] });
  const { page, complaints } = await visit(origin);
  await page.locator(".candidate").first().waitFor();

  await askOn(page, '<img src=x onerror="alert(4)">');
  await page.locator(".exchange .route .answered").waitFor();

  const shown = await page.locator(".answer").textContent();
  expect(shown).toContain('<img src=x onerror="alert(1)"><script>alert(2)</script>\u241b]0;owned\u2407');
  expect(await page.locator(".exchange img, .exchange script, .exchange a").count()).toBe(0);
  // what is turned around stays within the answer
  expect(await page.evaluate("getComputedStyle(document.querySelector('.answer span')).unicodeBidi")).toBe(
    "isolate",
  );
  expect(await page.locator(".question").textContent()).toBe('<img src=x onerror="alert(4)">');
  expect(complaints).toEqual([]);
});

inBrowser(
  "an answer of five megabytes leaves the page usable, and can be had whole",
  { timeout: 60_000 },
  async () => {
    const { origin, first } = await startHouse();
    const piece = `${"All work and no play. ".repeat(1_500)}\n`;
    first.behave({ pieces: Array.from({ length: Math.ceil((5 * MIB) / piece.length) }, () => piece) });
    const { page, complaints } = await visit(origin, { permissions: ["clipboard-read", "clipboard-write"] });
    await page.locator(".candidate").first().waitFor();

    await askOn(page, "Write a book");
    await page.locator(".exchange .route .answered").waitFor({ timeout: 30_000 });
    await page.getByRole("button", { name: "Copy all" }).click();
    const copied = Number(await page.evaluate("navigator.clipboard.readText().then((text) => text.length)"));
    const before = performance.now();
    await page.getByRole("textbox", { name: "Question" }).fill("Shorter, please");
    const typedMs = performance.now() - before;

    expect(copied).toBeGreaterThanOrEqual(5 * MIB);
    expect(await page.locator(".exchange").textContent()).toMatch(/[\d,.]+ more characters not shown/);
    expect(typedMs).toBeLessThan(2_000);
    expect(complaints).toEqual([]);
  },
);

inBrowser(
  "a lost connection is told with the time of what is seen, and ends by itself",
  { timeout: 30_000 },
  async () => {
    const { origin, gateway, registry } = await startHouse();
    const { page } = await visit(origin);
    await page.locator(".candidate").first().waitFor();

    await gateway.close();
    await until(async () => expect(await headline(page)).toBe("The connection to the gateway is lost."));
    expect(await page.locator(".detail").textContent()).toMatch(/^Trying again\. What you see is from \d/);
    expect(await violations(page)).toEqual([]);
    const again = await startGateway(registry, { port: gateway.port, graceMs: 100 });
    cleanups.push(() => again.close());

    await until(async () => expect(await headline(page)).toContain("It works."));
  },
);

inBrowser.each([
  ["light", 1280],
  ["dark", 1280],
  ["light", 360],
  ["dark", 360],
] as const)(
  "axe finds nothing in %s at a width of %i, and nothing is wider than the window",
  async (colorScheme, width) => {
    const { origin, first } = await startHouse({ problems: ['alias "fast": no model "gpt5"'] });
    first.behave({ status: 401 });
    const { page } = await visit(origin, { colorScheme, viewport: { width, height: 800 } });
    await page.locator(".candidate").first().waitFor();
    await askOn(page, "Hello?");
    await page.locator(".exchange .route .answered").waitFor();
    await page.locator(".problems li").nth(1).waitFor();

    expect(await violations(page)).toEqual([]);
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
  },
);

inBrowser("everything can be reached and done by keyboard", async () => {
  const { origin } = await startHouse();
  const { page } = await visit(origin, { permissions: ["clipboard-read", "clipboard-write"] });
  await page.locator(".candidate").first().waitFor();
  const reached = new Set<string>();

  for (let press = 0; press < 15; press++) {
    await page.keyboard.press("Tab");
    reached.add(
      String(
        await page.evaluate(
          "document.activeElement.id || document.activeElement.getAttribute('aria-label') || document.activeElement.textContent",
        ),
      ),
    );
  }
  await page.getByRole("button", { name: "Copy the address for Ollama" }).focus();
  await page.keyboard.press("Enter");

  expect([...reached]).toEqual(
    expect.arrayContaining(["Conversation", "question", "model", "Send", "Copy the address for Ollama"]),
  );
  await until(async () => expect(await page.evaluate("navigator.clipboard.readText()")).toBe(origin));
});

inBrowser("the picture for the README is taken of an hour with a fallback", async () => {
  // a picture differs a little each time, so the one in the repository is written only when it is asked for
  const isPictured = Boolean(process.env["FALLTHROUGH_SCREENSHOT"]);
  const now = Date.now();
  vi.useFakeTimers({ toFake: ["Date"], now: now - 60 * MINUTE_MS });
  const servers = await Promise.all([startChatServer(), startChatServer(), startChatServer()]);
  const [groq, openrouter, ollama] = servers;
  const limits = { requests: { minute: 30 } };
  const registry = createRegistry({
    providers: [
      createOpenAI({ id: "groq", baseURL: groq.baseURL, apiKey: "k", models: [{ id: "llama-3.3-70b" }] }),
      createOpenAI({
        id: "openrouter",
        baseURL: openrouter.baseURL,
        apiKey: "k",
        models: [{ id: "qwen3-32b" }],
        limits,
      }),
      createOpenAI({ id: "ollama", baseURL: ollama.baseURL, models: [{ id: "llama3.2" }] }),
    ],
    aliases: { fast: ["groq/llama-3.3-70b", "ollama/llama3.2"] },
  });
  const port = isPictured ? 8787 : 0;
  const gateway = await startGateway(registry, { port, graceMs: 100 });
  cleanups.push(
    ...servers.map(({ close }) => close),
    () => registry.close(),
    () => gateway.close(),
  );
  const ask = (model: string) =>
    registry
      .chat({ model, messages: [{ role: "user", content: "Hello" }] })
      .text()
      .catch(() => "");
  for (const server of servers) server.behave({ pieces: ["Hello", "."], paceMs: 4 });
  for (let minute = 0; minute < 60; minute++) {
    vi.setSystemTime(now - (59 - minute) * MINUTE_MS);
    const isDown = minute > 21 && minute < 27;
    groq.behave(
      isDown ? { status: 429, headers: { "retry-after": "0" } } : { pieces: ["Hello", "."], paceMs: 4 },
    );
    const calls = 1 + ((minute * 7) % 4);
    for (let call = 0; call < calls; call++) await ask("auto");
    if (minute % 9 === 4) await ask("openrouter/qwen3-32b");
    if (minute % 6 === 5) await ask("ollama/llama3.2");
    if (isDown) await registry.resetHealth();
  }
  vi.useRealTimers();
  groq.behave({ status: 429, headers: { "retry-after": "252" }, paceMs: 30 });
  openrouter.behave({
    pieces: [
      "Sunlight is scattered by the air, and blue light much more than red: ",
      "its waves are shorter. So blue comes from every direction of the sky, ",
      "and the sun itself looks a little yellow.",
    ],
    paceMs: 110,
  });
  const { page } = await visit(gateway.baseURL.replace("/v1", ""), {
    viewport: { width: 1280, height: 860 },
    deviceScaleFactor: 1.5,
    timezoneId: "UTC",
    locale: "en-GB",
  });
  await page.locator(".candidate").first().waitFor();

  await askOn(page, "Why is the sky blue?");
  await page.locator(".exchange .route .answered").waitFor();
  await until(async () => expect(await headline(page)).toContain("with a fallback"));
  const image = await page.screenshot({ animations: "disabled" });
  if (isPictured) writeFileSync(SCREENSHOT, image);

  expect(await page.locator(".minutes .answered").count()).toBeGreaterThan(60);
  expect(image.length).toBeGreaterThan(50_000);
});
