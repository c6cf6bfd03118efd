import { spawn } from "node:child_process";
import { applicationEnvironment, COMMAND, EXAMPLE, EXAMPLE_NAME } from "./example.mjs";
import { prepare } from "./setup.mjs";

/** @typedef {import("../packages/testkit/src/index.ts").Upstreams} Upstreams */
/** @typedef {import("../packages/testkit/src/index.ts").Behaviour} Behaviour */
/** @typedef {"pizzagpt" | "chatgptt" | "chatgptfree" | "fakegpt"} SiteId */

/**
 * @typedef {object} Scene
 * @property {string} title
 * @property {Partial<Record<SiteId, Behaviour>>} behaviours those left out answer
 * @property {readonly string[]} words the command line, after `node`
 * @property {string} shown the command line, as a person would type it
 * @property {number} code the promised exit code
 * @property {readonly string[]} questions those whose answers must be printed
 * @property {readonly RegExp[]} promises what must be printed beside the answers
 */

/** @type {readonly Scene[]} */
const SCENES = [
  {
    title: "1. PizzaGPT refuses and ChatGptt sends a Cloudflare page with status 200, so ChatgptFree answers",
    behaviours: { pizzagpt: "abuse", chatgptt: "challenge", chatgptfree: "slow" },
    ...question("Why is the sky blue?", "gpt-4o-mini"),
    code: 0,
    promises: [
      /^pizzagpt\/\S+ +failed +abuse/m,
      /^chatgptt\/\S+ +failed +blocked/m,
      /^chatgptfree\/\S+ +answered/m,
    ],
  },
  {
    title: "2. FakeGpt counts as retired, but whoever asks for it by name gets it",
    behaviours: {},
    ...question("Who are you?", "fakegpt/gpt-3.5-turbo"),
    code: 0,
    promises: [/^fakegpt\/\S+ +answered/m],
  },
  {
    title: "3. Everybody fails, each in another way, and nothing is passed off as an answer",
    behaviours: { pizzagpt: "server-error", chatgptt: "rate-limit", chatgptfree: "empty" },
    ...question("Is anybody there?", "auto"),
    code: 1,
    questions: [],
    promises: [
      /^pizzagpt\/\S+ +failed +server/m,
      /^chatgptt\/\S+ +failed +rate-limit/m,
      /^chatgptfree\/\S+ +failed +empty/m,
      /^fakegpt\/\S+ +skipped .*retired/m,
    ],
  },
  {
    title: "4. One program asks twice: who failed the first time is cooling down the second",
    behaviours: { pizzagpt: "abuse", chatgptt: "challenge" },
    words: ["two-questions.js"],
    shown: "node two-questions.js",
    code: 0,
    questions: ["What is a fallback chain?", "And what is a cooldown?"],
    promises: [
      /pizzagpt[^\n]+failed[^\n]+abuse.*pizzagpt[^\n]+skipped[^\n]+cooling/s,
      /chatgptfree[^\n]+answered.*chatgptfree[^\n]+answered/s,
    ],
  },
];

await prepare({ build: [`${EXAMPLE_NAME}...`] });
const { startUpstreams } = await import("../packages/testkit/dist/index.js");

console.log(
  "Stand-ins of the four sites run on 127.0.0.1: no text leaves this machine, and no site is asked.",
);
console.log("The command, the discovery and the providers are the real ones, in examples/four-providers.");
/** @type {Upstreams} */
const upstreams = await startUpstreams();
try {
  let broken = 0;
  for (const scene of SCENES) if (!(await play(scene))) broken += 1;
  console.log(`\n${SCENES.length - broken} of ${SCENES.length} scenes ended as promised`);
  process.exitCode = broken === 0 ? 0 : 1;
} finally {
  await upstreams.close();
}

/**
 * @param {string} text
 * @param {string} model
 */
function question(text, model) {
  return {
    words: [COMMAND, "ask", text, "-m", model],
    shown: `fallthrough ask "${text}" -m ${model}`,
    questions: [text],
  };
}

/**
 * Plays one scene and tells whether it ended as promised.
 *
 * @param {Scene} scene
 */
async function play({ title, behaviours, words, shown, code, questions, promises }) {
  console.log(`\n${title}\n$ ${shown}\n`);
  for (const id of /** @type {const} */ (["pizzagpt", "chatgptt", "chatgptfree", "fakegpt"])) {
    upstreams[id].behave(behaviours[id] ?? "ok");
  }

  const run = await runExample(words);
  const answers = questions.map((text) => upstreams.answerTo(text));
  const kept =
    run.code === code &&
    answers.every((answer) => run.answer.includes(answer)) &&
    promises.every((promise) => promise.test(run.answer + run.notes));
  console.log(`\n${kept ? "as promised" : "NOT as promised"} (exit code ${run.code})`);
  return kept;
}

/**
 * Runs Node in the example application; the answer is printed as it comes, then what was noted on stderr.
 *
 * @param {readonly string[]} words
 * @returns {Promise<{ code: number | null, answer: string, notes: string }>}
 */
function runExample(words) {
  const child = spawn(process.execPath, words, {
    cwd: EXAMPLE,
    // each scene is played anew: nobody remembers who failed in the one before
    env: { ...applicationEnvironment(upstreams.settings), FALLTHROUGH_NO_STATE: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let answer = "";
  let notes = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    answer += text;
    process.stdout.write(text);
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    notes += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      process.stdout.write(answer === "" || notes === "" ? notes : `\n${notes}`);
      resolve({ code, answer, notes });
    });
  });
}
