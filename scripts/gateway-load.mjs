import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, createServer, request } from "node:http";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { prepare } from "./setup.mjs";
import { ROOT } from "./workspace.mjs";

// what `fallthrough serve` needs for so many streams at once: a model, the gateway and its clients, each a process
const STREAMS = [100, 1_000];
/** Each stream has so many pieces, one in each interval: about as fast as a hosted model writes. */
const PIECES = 200;
const INTERVAL_MS = 100;
const TEXT = "four words of text ";
const BODY = JSON.stringify({ stream: true, messages: [{ role: "user", content: "x".repeat(2_000) }] });
/** Of /proc. */
const TICKS_PER_SECOND = 100;

if (process.argv[2] === "model") serveModel();
else await measure();

/** A server that speaks chat completions, and writes all its streams in step. */
function serveModel() {
  const piece = formatPiece(TEXT, null);
  /** @type {Map<import("node:http").ServerResponse, number>} */
  const open = new Map();
  setInterval(() => {
    for (const [response, written] of open) {
      if (written < PIECES) {
        response.write(piece);
        open.set(response, written + 1);
        continue;
      }
      open.delete(response);
      response.end(`${formatPiece("", "stop")}data: [DONE]\n\n`);
    }
  }, INTERVAL_MS);
  const server = createServer((incoming, response) => {
    incoming.resume();
    response.writeHead(200, { "content-type": "text/event-stream" });
    open.set(response, 0);
    response.on("close", () => open.delete(response));
  }).listen({ port: 0, host: "127.0.0.1", backlog: 4_096 }, () => {
    const address = /** @type {import("node:net").AddressInfo} */ (server.address());
    console.log(`http://127.0.0.1:${address.port}/v1\n`);
  });
}

async function measure() {
  prepare({ build: ["fallthrough..."] });
  console.log(`Node.js ${process.versions.node}, ${cpus().length} cores of ${cpus()[0]?.model.trim()}`);
  for (const streams of STREAMS) await load(streams);
}

/** @param {number} streams */
async function load(streams) {
  const folder = mkdtempSync(join(tmpdir(), "fallthrough-load-"));
  const model = spawn(process.execPath, [fileURLToPath(import.meta.url), "model"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [, modelURL] = await printed(model, /^(http\S+)\n/m);
  const config = {
    servers: { model: { baseURL: modelURL, models: [{ id: "model" }] } },
    serve: { maxCalls: streams },
  };
  writeFileSync(join(folder, "package.json"), "{}");
  writeFileSync(join(folder, "fallthrough.config.json"), JSON.stringify(config));
  const command = join(ROOT, "packages/cli/bin/fallthrough.js");
  const words = ["serve", "--port", "0", "--log", "off", "--no-state"];
  const gateway = spawn(process.execPath, [command, ...words], {
    cwd: folder,
    stdio: ["ignore", "pipe", "ignore"],
  });
  try {
    const [, baseURL = ""] = await printed(gateway, /^base URL: (\S+)\n/m);
    const agent = new Agent({ keepAlive: true });
    await ask(baseURL, agent);
    const { pid = 0 } = gateway;
    const idle = usageOf(pid);
    let peak = idle.bytes;
    const watch = setInterval(() => {
      peak = Math.max(peak, usageOf(pid).bytes);
    }, 100);
    const start = performance.now();
    const results = await Promise.allSettled(Array.from({ length: streams }, () => ask(baseURL, agent)));
    const seconds = (performance.now() - start) / 1_000;
    clearInterval(watch);
    const cpu = usageOf(pid).cpuSeconds - idle.cpuSeconds;
    report(streams, results, { idle: idle.bytes, peak, cpu, seconds });
    agent.destroy();
  } finally {
    gateway.kill();
    model.kill();
    await Promise.all([gateway, model].map((child) => child.exitCode ?? once(child, "exit")));
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {number} streams
 * @param {readonly PromiseSettledResult<{ firstMs: number }>[]} results
 * @param {{ idle: number, peak: number, cpu: number, seconds: number }} figures
 */
function report(streams, results, { idle, peak, cpu, seconds }) {
  const firsts = results.flatMap((result) => (result.status === "fulfilled" ? [result.value.firstMs] : []));
  const failures = results.flatMap((result) => (result.status === "rejected" ? [String(result.reason)] : []));
  const sorted = firsts.toSorted((a, b) => a - b);
  const at = (/** @type {number} */ share) =>
    Math.round(sorted[Math.floor(sorted.length * share)] ?? Number.NaN);
  const MB = 1_000_000;
  console.log(
    `${streams} streams, ${PIECES} pieces of ${TEXT.length} characters each, one in ${INTERVAL_MS} ms`,
  );
  console.log(`  memory: ${Math.round(idle / MB)} MB before, ${Math.round(peak / MB)} MB at most`);
  console.log(
    `  CPU: ${cpu.toFixed(1)} s within ${seconds.toFixed(1)} s, ${Math.round((cpu * 1e6) / streams / PIECES)} µs for each piece`,
  );
  console.log(`  first piece: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`);
  console.log(`  failed: ${failures.length}${failures.length > 0 ? `, the first with ${failures[0]}` : ""}`);
  if (failures.length > 0) process.exitCode = 1;
}

/** One stream, to its end. @param {string} baseURL @param {Agent} agent */
async function ask(baseURL, agent) {
  const start = performance.now();
  const sent = request(`${baseURL}/chat/completions`, {
    method: "POST",
    agent,
    headers: { "content-type": "application/json", "content-length": BODY.length },
  });
  sent.end(BODY);
  const [response] = await once(sent, "response");
  let text = "";
  let firstMs = 0;
  for await (const bytes of response) {
    if (firstMs === 0) firstMs = performance.now() - start;
    text = (text + bytes).slice(-100);
  }
  if (response.statusCode !== 200 || !text.endsWith("data: [DONE]\n\n")) {
    throw new Error(`the answer ended with ${response.statusCode} ${text}`);
  }
  return { firstMs };
}

/** @param {string} content @param {string | null} finish_reason */
function formatPiece(content, finish_reason) {
  const choices = [{ index: 0, delta: { content }, finish_reason }];
  const piece = { id: "1", object: "chat.completion.chunk", created: 1, model: "model", choices };
  return `data: ${JSON.stringify(piece)}\n\n`;
}

/** What a child prints, as far as this. @param {import("node:child_process").ChildProcess} child @param {RegExp} pattern */
async function printed({ stdout }, pattern) {
  let text = "";
  for (;;) {
    const found = pattern.exec(text);
    if (found) return found;
    const [bytes] = await once(/** @type {import("node:stream").Readable} */ (stdout), "data");
    text += bytes;
  }
}

/** What Linux says of a process. @param {number} pid */
function usageOf(pid) {
  const resident = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return {
    bytes: Number(resident) * 1024,
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
  };
}
