import { readdirSync } from "node:fs";
import { type ChatProvider, type ChatResult, chat, type ProviderCard } from "@fallthrough/core";
import { type Recording, readRecording, type SocketServer, startReplay } from "@fallthrough/testkit";
import { type AiPowerSettings, defineAiPower } from "../../src/index.ts";
import type { Step, TurnExpectation } from "./expectation.ts";

/** The versions of the plugin that were recorded. */
export type Version = "1.9.18" | "2.3.43" | "2.4.71";

/** What a recorded site answers to each kind of request. */
export type Answers = Readonly<Partial<Record<Step | "page", Recording>>>;

export const CARD: ProviderCard = {
  specificationVersion: 1,
  id: "recorded",
  name: "Recorded site",
  status: { state: "unverified", checked: "2026-11-20" },
  models: [{ id: "gpt-4o-mini", selectable: false }],
};

const folder = (version: Version): URL => new URL(`../fixtures/recordings/${version}/`, import.meta.url);

/** The files of a recorded version. */
export const recordedFiles = (version: Version): readonly string[] => readdirSync(folder(version));

/** One recording; the answer off the socket goes before its text. */
export const recording = (version: Version, name: string): Recording =>
  readRecording(new URL(`${name}.txt`, folder(version)));

const create = defineAiPower({ manifest: { fallthrough: CARD }, origin: "https://recorded.invalid" });

/** A provider for a loopback server. */
export const createRecorded = (
  server: { readonly origin: string },
  settings: AiPowerSettings = {},
): ChatProvider => create({ baseURL: server.origin, ...settings });

const ACTIONS: Readonly<Record<string, Step>> = {
  wpaicg_chat_shortcode_message: "classic",
  aipkit_get_frontend_chat_nonce: "nonce",
  aipkit_cache_sse_message: "cache",
  aipkit_frontend_chat_stream: "stream",
  aipkit_frontend_chat_message: "json",
};

/** The kind of a request that reached a server. */
export function stepOf({ path, body }: { readonly path: string; readonly body: string }): Step | "page" {
  const url = new URL(path, "http://localhost");
  if (!url.pathname.endsWith("/admin-ajax.php")) return "page";
  const action = url.searchParams.get("action") ?? new URLSearchParams(body).get("action") ?? "";
  return ACTIONS[action] ?? "page";
}

/** Starts a site that answers each kind of request with one recording. */
export const startSite = (answers: Answers): Promise<SocketServer> =>
  startReplay((request) => answers[stepOf(request)]);

/** What a recorded turn goes with, beside the recording itself. */
export function answersFor(version: Version, name: string, { step, pair }: TurnExpectation): Answers {
  const own = { [step]: recording(version, name) };
  if (step === "classic") return { page: recording("1.9.18", "01-page-home"), ...own };
  const aipkit = {
    nonce: recording(version, "012-nonce"),
    cache: recording(version, "020-ok-1-cache"),
    stream: recording(version, "021-ok-2-stream"),
  };
  if (step === "json") return { ...aipkit, page: recording("2.3.43", "005-page-plain"), ...own };
  if (step === "nonce") return { ...aipkit, page: recording(version, "006-page-no-chat"), ...own };
  const other = step === "cache" ? "stream" : "cache";
  const paired = pair === undefined ? {} : { [other]: recording(version, pair) };
  return { ...aipkit, page: recording(version, "001-page-home"), ...paired, ...own };
}

/** Asks a recorded site one question. */
export const askSite = (server: SocketServer, settings?: AiPowerSettings): Promise<ChatResult> =>
  chat(createRecorded(server, settings), {
    messages: [{ role: "user", content: "Hello, how are you?" }],
  }).result();
