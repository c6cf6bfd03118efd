import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished, vi } from "vitest";

// each test starts processes, and all test files run at once
vi.setConfig({ testTimeout: 30_000 });

const PACKAGE = fileURLToPath(new URL("../../", import.meta.url));
/** Where the files of the operator say that the configuration is. */
const CONFIG_FOLDER = "/etc/fallthrough";

/** The token of every deployment. */
export const TOKEN = "token-of-a-deployment";

/** A command line that says no more than it has to. */
export const SERVE: readonly string[] = [
  "node",
  "node_modules/fallthrough/bin/fallthrough.js",
  "serve",
  "--config",
  `${CONFIG_FOLDER}/fallthrough.config.json`,
];

/** The text of one of the files that the package brings for operators. */
export function operatingFile(name: string): string {
  return readFileSync(join(PACKAGE, "operating", name), "utf8");
}

/** A folder that is gone after the test. */
export function ownFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "fallthrough-operating-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A server that speaks chat completions as the test says; gives how a configuration names it. */
export async function startModel(
  answer: (response: ServerResponse, request: IncomingMessage) => void | Promise<void>,
): Promise<{ readonly servers: object }> {
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () => void answer(response, request));
  }).listen(0, "127.0.0.1");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, "listening");
  const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  return { servers: { model: { baseURL, models: [{ id: "model" }] } } };
}

/** A piece of a stream of chat completions. */
export function formatPiece(content: string, finish_reason: string | null = null): string {
  const choices = [{ index: 0, delta: { content }, finish_reason }];
  const piece = { id: "1", object: "chat.completion.chunk", created: 1, model: "model", choices };
  return `data: ${JSON.stringify(piece)}\n\n`;
}

/** The end of a stream of chat completions. */
export const DONE = "data: [DONE]\n\n";

/** Answers with one piece. */
export function answerHi(response: ServerResponse): void {
  response.setHeader("content-type", "text/event-stream").end(`${formatPiece("hi", "stop")}${DONE}`);
}

/** An installed gateway that runs. */
export interface Deployment {
  readonly child: ChildProcess;
  readonly port: number;
  /** Resolves to the exit code. */
  readonly ended: Promise<number | null>;
  /** What it wrote to stderr so far. */
  notes(): string;
  /** Writes the configuration. */
  configure(config: object): void;
}

/** Runs the command line of an operator's file as it stands, with its folders below one of the test, on a free port. */
export async function deploy(
  words: readonly string[],
  config: object,
  environment: Readonly<Record<string, string>> = {},
): Promise<Deployment> {
  const folder = ownFolder();
  const etc = join(folder, "etc");
  mkdirSync(etc);
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(PACKAGE, join(folder, "node_modules/fallthrough"), "junction");
  writeFileSync(join(folder, "package.json"), "{}");
  const configure = (value: object): void =>
    writeFileSync(join(etc, "fallthrough.config.json"), JSON.stringify(value));
  configure(config);

  const [, ...args] = words.map((word) => word.replace(CONFIG_FOLDER, etc));
  const child = spawn(process.execPath, [...args, "--port", "0"], {
    cwd: folder,
    env: { PATH: process.env["PATH"], FALLTHROUGH_TOKEN: TOKEN, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let printed = "";
  let notes = "";
  child.stderr.on("data", (bytes) => {
    notes += bytes;
  });
  const ended = once(child, "close").then(([code]) => code as number | null);
  void ended.then(() => child.stdout.destroy());
  for await (const bytes of child.stdout.iterator({ destroyOnReturn: false })) {
    printed += bytes;
    if (/^try: .*\n/m.test(printed)) break;
  }
  child.stdout.resume();
  const port = Number(/^base URL: http:\/\/[^:]+:(\d+)/m.exec(printed)?.[1]);
  if (Number.isNaN(port)) throw new Error(`the gateway did not start: ${notes}`);
  return { child, port, ended, notes: () => notes, configure };
}

/** Asks a gateway; gives the status. */
export async function ask(port: number, token: string = TOKEN): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify({ messages: [{ role: "user", content: "What is new?" }] }),
  });
  await response.text();
  return response.status;
}
