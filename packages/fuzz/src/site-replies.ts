import { AsyncLocalStorage } from "node:async_hooks";
import { type ChatProvider, chat } from "@fallthrough/core";
import type { Reply } from "../../testkit/src/reply.ts";
import { answerText } from "./answer-text.ts";
import type { BodyFormat } from "./bodies.ts";
import { judgeCall } from "./judge.ts";
import { openResources } from "./open-resources.ts";
import { afterwards } from "./pause.ts";
import { createPlay, frameAnswer, mayBeSilent, type Play } from "./play.ts";
import { type PlayedAnswer, type PlayServer, startPlayServer } from "./play-server.ts";
import { createRandom } from "./random.ts";
import { createReading, type Reading, readReply, type Seen } from "./reader.ts";
import { type Expected, readPlainly } from "./reference.ts";
import { closeRunning, lengthsOf, textLength, timeoutsFor } from "./replies.ts";
import { askSite, type PlayedSite, SITES, type SiteName } from "./sites.ts";
import type { ScheduleKind, TriedSchedule } from "./try-schedules.ts";

/** One call to a site. */
interface Schedule {
  readonly seed: number;
  readonly name: SiteName;
  readonly text: string;
  readonly play: Play;
  readonly reading: Reading;
  /** What the site answered, once it was asked. */
  played?: PlayedAnswer & { readonly format: Pick<BodyFormat, "read"> };
}

/** A site that plays its answers, and its provider. */
interface RunningSite {
  readonly provider: ChatProvider;
  readonly server: PlayServer;
}

/** What is found of an answer that was never asked for. */
const NOTHING: Expected = { text: "", end: "cut", isCertain: false };
const QUESTION = /schedule-(\d+)-/;

/** Calls to sites, played with one provider for each site. */
export const siteReplies: ScheduleKind<Schedule> = { createSchedule, trySchedules: trySites };

async function trySites(schedules: readonly Schedule[]): Promise<readonly TriedSchedule[]> {
  const before = openResources();
  const names = [...new Set(schedules.map(({ name }) => name))];
  const started = await Promise.all(names.map((name) => startSite(SITES[name], schedules)));
  const sites = new Map(names.map((name, index) => [name, started[index] as RunningSite]));

  const calls = await afterwards(
    schedules,
    ({ play }) => mayBeSilent(play),
    async (schedule) => ask(schedule, (sites.get(schedule.name) as RunningSite).provider),
  );
  const left = await closeRunning(started, before);

  const asked = schedules.flatMap(({ played }) => played ?? []);
  const found = await readPlainly(asked);
  const tried = calls.map((call) => {
    const { played } = call.schedule;
    return judge(call, played === undefined ? NOTHING : (found[asked.indexOf(played)] as Expected));
  });
  return left.length === 0
    ? tried
    : [...tried, { seed: schedules[0]?.seed ?? 0, problems: left, schedule: "all of them" }];
}

/** What came of a call. */
interface Call {
  readonly schedule: Schedule;
  readonly seen?: Seen | undefined;
  readonly isAborted: boolean;
  /** Why nothing was seen. */
  readonly failure?: unknown;
}

async function ask(schedule: Schedule, provider: ChatProvider): Promise<Call> {
  const { seed, play, reading } = schedule;
  const controller = new AbortController();
  const { signal } = controller;
  const reply = chat(provider, {
    messages: [{ role: "user", content: `schedule-${seed}-` }],
    signal,
    timeouts: timeoutsFor(mayBeSilent(play), reading),
  });
  try {
    return { schedule, seen: await readReply(reading, { reply, controller }), isAborted: signal.aborted };
  } catch (failure) {
    return { schedule, isAborted: signal.aborted, failure };
  }
}

function judge({ schedule, seen, isAborted, failure }: Call, expected: Expected): TriedSchedule {
  const { seed, name, text, play, reading } = schedule;
  const told = { name, length: text.length, play, reading, ...lengthsOf(expected, seen) };
  const problems =
    seen === undefined
      ? [String(failure)]
      : judgeCall({ text, reading, expected, seen, hasSpare: false, isAborted });
  return { seed, problems, schedule: told };
}

function createSchedule(seed: number): Schedule {
  const random = createRandom(seed);
  const name = random.pick(Object.keys(SITES) as SiteName[]);
  const { hasMarker, longest } = SITES[name];
  const text = answerText(random, textLength(random, longest));
  return { seed, name, text, play: createPlay(random, hasMarker), reading: createReading(random) };
}

async function startSite(played: PlayedSite, schedules: readonly Schedule[]): Promise<RunningSite> {
  /** Whom the answer to the request is for that a site reads now. */
  const asked = new AsyncLocalStorage<{ schedule?: Schedule | undefined }>();
  const site = played.createSite((question) => {
    const seed = Number(QUESTION.exec(question)?.[1]);
    const schedule = schedules.find((one) => one.seed === seed);
    Object.assign(asked.getStore() ?? {}, { schedule });
    return schedule?.text ?? "nobody asked that";
  });
  let origin = "";

  const server = await startPlayServer(async (request) => {
    const about: { schedule?: Schedule } = {};
    const reply = await asked.run(about, () => askSite(site, request, origin));
    const { schedule } = about;
    if (schedule === undefined) return writeReply(reply);
    const framed = frameAnswer(schedule.play, contentFields(reply), Buffer.concat(reply.chunks));
    schedule.played = { play: schedule.play, framed, format: played };
    return schedule.played;
  });
  ({ origin } = server);
  return { server, provider: played.createProvider({ baseURL: origin, proxy: false }) };
}

/** The fields that say nothing about the length of a body. */
function contentFields({ fields }: Reply): Readonly<Record<string, string>> {
  const framing = /^(content-length|transfer-encoding|connection)$/i;
  return Object.fromEntries(fields.filter(([name]) => !framing.test(name)));
}

/** An answer as it is. */
function writeReply(reply: Reply): Buffer {
  const body = Buffer.concat(reply.chunks);
  const fields = Object.entries({ ...contentFields(reply), "content-length": body.length });
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${reply.status} Status\r\n${lines.join("")}\r\n`), body]);
}
