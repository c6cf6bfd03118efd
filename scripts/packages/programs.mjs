import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { nodeBinary } from "../node-binary.mjs";
import { ROOT } from "../workspace.mjs";
import { REGISTRY, writeManifest } from "./applications.mjs";
import { bun, deno, run } from "./tools.mjs";

const OPENAI = "@fallthrough/provider-openai";
const QUESTIONS = { sky: "Why is the sky blue?", story: "Tell me a long story.", time: "What time is it?" };
const CITY = '{"city":"Bern","inhabitants":137000}';
/** The port on which no server listens, on any machine. */
const DEAD_URL = "http://127.0.0.1:9/v1";

/**
 * One program on which an application runs, with what stands before the name of a script.
 *
 * @typedef {object} Runtime
 * @property {string} title
 * @property {() => readonly [string, ...string[]]} command
 */

/** @type {readonly Runtime[]} */
export const RUNTIMES = [
  { title: `Node.js ${process.versions.node}`, command: () => [process.execPath] },
  ...["22.23.5", "24.21.0", "26.12.1"].map((version) => ({
    title: `Node.js ${version}`,
    command: () => /** @type {const} */ ([nodeBinary(version)]),
  })),
  { title: "Bun", command: () => [bun()] },
  { title: "Deno", command: () => [deno(), "run", "--allow-all", "--no-prompt"] },
];

/**
 * Where the programs find somebody who answers.
 *
 * @typedef {object} Servers
 * @property {string} local answers
 * @property {string} slow answers piece by piece
 * @property {string} city answers in JSON
 * @property {(question: string) => string} answerTo
 */

/**
 * What each of the ten programs writes; a pattern, where the words are those of the runtime.
 *
 * @param {Servers} servers
 * @returns {Readonly<Record<string, { url?: string, output: string | RegExp }>>}
 */
function programs({ slow, city, answerTo }) {
  const answer = answerTo(QUESTIONS.sky);
  const whole = { text: answer, finishReason: "stop", provider: "local" };
  return {
    "ask.js": { output: `${JSON.stringify(whole)}\n` },
    "main.js": { output: answer },
    "tools.js": { output: `${answerTo(QUESTIONS.time)}\n` },
    "abort.js": { url: slow, output: /^.+\nstopped\n$/s },
    "route.js": {
      url: DEAD_URL,
      output: `first failed network\nsecond answered \n${answer}\nsecond answered after 2 attempts\n`,
    },
    "failures.js": { url: DEAD_URL, output: /^local: network\. \S.+\n/ },
    "json.js": { url: city, output: "Bern has 137000 inhabitants\n" },
    "list-models.js": { output: '["local/llama3.2","local/qwen3"]\n' },
    "handler.js": {
      output: new RegExp(
        `^${escaped(JSON.stringify({ status: 200, type: "text/plain; charset=utf-8", body: answer }))}\n` +
          '\\{"status":50[234],"type":"application/json","body":.*network.*\\}\n$',
      ),
    },
    "close.js": { output: `${JSON.stringify({ text: answer, after: "config" })}\n` },
  };
}

/** @param {string} text */
function escaped(text) {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** Installs what the programs need, and puts them there. @param {import("./layouts.mjs").Layout} layout @param {import("./layouts.mjs").Place} place */
export async function installPrograms(layout, place) {
  cpSync(join(ROOT, "examples/local-model"), place.application, {
    recursive: true,
    filter: (path) => !/[/\\](?:node_modules|test|package\.json|tsconfig\.json)$/.test(path),
  });
  cpSync(fileURLToPath(new URL("fixtures/programs", import.meta.url)), place.application, {
    recursive: true,
  });
  writeManifest(place, [OPENAI, REGISTRY]);
  await layout.install(place);
}

/**
 * Runs the ten programs, one after another, and asserts what each writes.
 *
 * @param {Runtime} runtime
 * @param {import("./layouts.mjs").Place} place
 * @param {Servers} servers
 */
export async function tryPrograms({ command }, { application: cwd, env }, servers) {
  const [program, ...options] = command();
  /** @type {string[]} */
  const problems = [];
  for (const [name, { url = servers.local, output }] of Object.entries(programs(servers))) {
    const environment = { ...env, LOCAL_URL: url, SECOND_URL: servers.local };
    const written = await run(program, [...options, name], { cwd, env: environment }).catch(String);
    const isRight = typeof output === "string" ? written === output : output.test(written);
    if (!isRight) problems.push(`${name} wrote ${JSON.stringify(written)}, expected ${output}`);
  }
  assert.deepEqual(problems, []);
}

/** Starts a server of OpenAI's protocol that knows one city, as JSON. */
export async function startCity() {
  const message = { role: "assistant", content: CITY };
  const server = createServer((request, response) => {
    request.resume();
    const models = { object: "list", data: [{ id: "llama3.2" }] };
    const answer = { model: "llama3.2", choices: [{ index: 0, message, finish_reason: "stop" }] };
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(request.method === "GET" ? models : answer));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return { baseURL: `http://127.0.0.1:${port}/v1`, close: () => server.close() };
}
