// Reads answers slowly, in a process of its own: what ends a process that nobody can save ends only this one.
// node read-cases.mjs CASES: a list of { origin, path, proxy, dispatcher, reader }, as JSON; prints one outcome for each.
import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";

const built = new URL("../../../dist/provider.js", import.meta.url);
const { createHttpClient } = await import(built.href);
const { Agent } = await import("undici");

/** How long the reader does something else: everything that fits has come by then. */
const PAUSE_MS = 60;

const READERS = {
  async *events(response) {
    for await (const { data } of response.events()) {
      yield data;
      if (data === "[DONE]") return;
    }
  },
  lines: (response) => response.lines(),
  async *json(response) {
    yield JSON.stringify(await response.json());
  },
  async *text(response) {
    yield await response.text();
  },
  async *bytes(response) {
    const decoder = new TextDecoder();
    for await (const bytes of response.bytes()) yield decoder.decode(bytes, { stream: true });
  },
};

async function read({ origin, path, proxy = false, dispatcher, reader }) {
  // all cases connect at once, which takes a busy machine its time
  const timeouts = { connectMs: 0 };
  const settings = dispatcher === undefined ? { proxy, timeouts } : { dispatcher: new Agent(), timeouts };
  const http = createHttpClient({ provider: "toy", origin }, settings);
  const hash = createHash("sha1");
  const seen = { length: 0, end: "whole" };
  try {
    const response = await http({ path });
    // a reader of a whole body cannot pause once it reads
    await delay(PAUSE_MS);
    let isFirst = true;
    for await (const piece of READERS[reader](response)) {
      hash.update(piece);
      seen.length += piece.length;
      if (isFirst) await delay(PAUSE_MS);
      isFirst = false;
    }
  } catch (error) {
    seen.end = error.code ?? String(error);
  }
  await http.close();
  return { ...seen, hash: hash.digest("hex") };
}

const cases = JSON.parse(process.argv[2]);
const outcomes = await Promise.all(cases.map(read));
process.stdout.write(JSON.stringify(outcomes));
