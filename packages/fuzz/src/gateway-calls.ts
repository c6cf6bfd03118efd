import type { ChatProvider } from "@fallthrough/core";
import { type RunningGateway, startGateway } from "@fallthrough/gateway";
import { createRegistry, type Registry } from "@fallthrough/registry";
import { answerText } from "./answer-text.ts";
import { BODIES, type BodyName, eventsOf, jsonOf } from "./bodies.ts";
import { openResources } from "./open-resources.ts";
import { afterwards, within } from "./pause.ts";
import { createPlay, frameAnswer, type Play } from "./play.ts";
import { startPlays } from "./play-server.ts";
import { createRandom } from "./random.ts";
import { createTaking, postRaw, type Taken, type Taking } from "./raw-client.ts";
import { LONGEST_MS } from "./reader.ts";
import { type Expected, readPlainly } from "./reference.ts";
import { closeRunning, countFailures, SILENCE_MS, textLength } from "./replies.ts";
import { createToyProvider, toyQuestion } from "./toy-provider.ts";
import type { ScheduleKind, TriedSchedule } from "./try-schedules.ts";

/** One call through a gateway: what the server behind it does and what the client in front of it does. */
interface Schedule {
  readonly seed: number;
  readonly name: BodyName;
  readonly text: string;
  readonly body: Buffer;
  readonly play: Play;
  readonly taking: Taking;
}

/** What a client found in an answer of the gateway. */
interface Found {
  readonly text: string;
  readonly isDone: boolean;
  /** Why the call failed, where the gateway tells it. */
  readonly code?: string | undefined;
}

interface ChunkEvent {
  readonly choices?: readonly { readonly delta: { readonly content?: string } }[];
  readonly error?: { readonly code: string };
}

interface Completion {
  readonly choices?: readonly { readonly message: { readonly content: string } }[];
  readonly error?: { readonly code: string };
}

/** Longer than any pause of a client, and much shorter than a large answer takes with all its pauses. */
const WRITE_MS = 5_000;
/** The whole head of a streamed answer is no more. */
const KEEPALIVE_MS = 0;

/** Calls through gateways, each with one of its own, on the connections of one provider. */
export const gatewayCalls: ScheduleKind<Schedule> = { createSchedule, trySchedules: tryGateways };

async function tryGateways(schedules: readonly Schedule[]): Promise<readonly TriedSchedule[]> {
  const answers = schedules.map(({ play, name, body }) => {
    const format = BODIES[name];
    return { play, format, framed: frameAnswer(play, { "content-type": format.contentType }, body) };
  });
  const expected = await readPlainly(answers);
  const before = openResources();
  const server = await startPlays(answers);
  const provider = createToyProvider("first", server.origin);

  const tried = await afterwards(
    schedules,
    (_, index) => expected[index]?.end === "silence",
    (schedule, index) => trySchedule(schedule, index, expected[index] as Expected, provider),
  );
  const left = await closeRunning([{ provider, server }], before);
  return left.length === 0
    ? tried
    : [...tried, { seed: schedules[0]?.seed ?? 0, problems: left, schedule: "all of them" }];
}

function createSchedule(seed: number): Schedule {
  const random = createRandom(seed);
  const name = random.pick(Object.keys(BODIES) as BodyName[]);
  const { hasMarker, longest, write } = BODIES[name];
  const text = answerText(random, textLength(random, longest));
  return {
    seed,
    name,
    text,
    body: Buffer.from(write(text, random)),
    play: createPlay(random, hasMarker),
    taking: createTaking(random),
  };
}

async function trySchedule(
  schedule: Schedule,
  index: number,
  expected: Expected,
  provider: ChatProvider,
): Promise<TriedSchedule> {
  const { seed, name, text, play, taking } = schedule;
  const failures: string[] = [];
  const silence = { firstChunkMs: SILENCE_MS, chunkMs: SILENCE_MS };
  const registry = createRegistry({
    // closed with the others, after the last call
    providers: [{ ...provider, close: () => Promise.resolve() }],
    health: countFailures(failures),
    timeouts: expected.end === "silence" ? silence : {},
  });
  const gateway = await startGateway(registry, { port: 0, writeMs: WRITE_MS, keepaliveMs: KEEPALIVE_MS });
  const problems: string[] = [];
  let taken: Taken | undefined;
  try {
    const content = toyQuestion(name, `/${index}`, seed % 2 === 0);
    const body = JSON.stringify({ stream: taking.isStream, messages: [{ role: "user", content }] });
    const answer = postRaw(gateway.port, "/v1/chat/completions", body, taking);
    taken = await within(answer, LONGEST_MS, "the answer of the gateway");
    problems.push(...judge(schedule, expected, taken));
    const isGood = expected.end === "whole" && expected.isCertain;
    if (isGood && failures.length > 0) problems.push(`a good answer counts as ${failures}`);
  } catch (error) {
    problems.push(String(error));
  }
  await closeGateway(gateway, registry);
  const wanted = { ...expected, text: expected.text.length };
  const came = taken && { ...taken, body: taken.body.slice(-200) };
  return {
    seed,
    problems,
    schedule: { name, length: text.length, play, taking, expected: wanted, taken: came },
  };
}

async function closeGateway(gateway: RunningGateway, registry: Registry): Promise<void> {
  await gateway.close();
  await registry.close();
}

/** What is wrong with what a client took; nothing where all is well. */
function judge({ text, taking }: Schedule, expected: Expected, taken: Taken): readonly string[] {
  if (taken.end === "cut") return ["the gateway cut its answer"];
  const {
    text: found,
    isDone,
    code,
  } = taking.isStream && taken.status === 200 ? readStream(taken) : readWhole(taken);
  if (!text.startsWith(found) && !expected.text.startsWith(found)) return ["what was taken is no prefix"];
  if (taken.end === "left") return [];
  if (isDone) {
    if (expected.end !== "whole") return [`${expected.end}, and told as whole`];
    return found === expected.text && code === undefined
      ? []
      : [`${found.length} of ${text.length} characters are told as whole`];
  }
  if (code === undefined) return ["an answer that is not whole ends without an error"];
  if (!expected.isCertain) return [];
  if (expected.end === "whole") return [`whole, and failed with ${code}`];
  const isStreamed = taking.isStream && found !== expected.text;
  return isStreamed ? [`${found.length} of ${expected.text.length} characters that arrived`] : [];
}

function readStream({ body }: Taken): Found {
  const events = eventsOf(Buffer.from(body), false);
  const chunks = events.flatMap((data) => jsonOf<ChunkEvent>(data) ?? []);
  return {
    text: chunks.map(({ choices }) => choices?.[0]?.delta.content ?? "").join(""),
    isDone: events.at(-1) === "[DONE]",
    code: chunks.find(({ error }) => error !== undefined)?.error?.code,
  };
}

function readWhole({ status, body }: Taken): Found {
  const { choices, error } = jsonOf<Completion>(body) ?? {};
  return { text: choices?.[0]?.message.content ?? "", isDone: status === 200, code: error?.code };
}
