import type { CallEntry, Status, StatusCandidate } from "@fallthrough/gateway";
import { formatKey } from "./route.ts";
import type { Span, Style } from "./span.ts";
import { formatTable } from "./table.ts";

type Line = readonly Span[];

const HEADINGS = [
  "candidate",
  "state",
  "why",
  "left",
  "first text",
  "answers",
  "failures",
  "room",
  "last hour",
];
const STATE_STYLES: Readonly<Record<StatusCandidate["state"], Style>> = {
  well: "green",
  suspect: "yellow",
  cooling: "yellow",
  probing: "yellow",
  refused: "red",
};
const BARS = " ▁▂▃▄▅▆▇█";
/** Minutes in one sign of the last hour. */
const MINUTES = 5;
/** Calls that are shown. */
const SHOWN = 10;
const SIGNS: Readonly<Record<string, string>> = { answered: "✓", failed: "✕", skipped: "–", aborted: "■" };

/** How a gateway is, in lines: whether it works, who is asked, what is wrong, and the last calls. */
export function formatStatus(status: Status): readonly Line[] {
  const { candidates, problems, calls = [], now } = status;
  const at = Date.parse(now);
  const blocks: (readonly Line[])[] = [
    [[formatHeadline(status, at)]],
    formatTable(
      HEADINGS,
      candidates.map((one) => formatCandidate(one, at)),
    ),
    problems.map(({ what, how }) => [{ text: what, style: "yellow" }, ` ${how}`]),
    calls.slice(0, SHOWN).map(formatCallLine),
  ];
  return blocks
    .filter((block) => block.length > 0)
    .flatMap((block, place) => (place === 0 ? block : [[""], ...block]));
}

/** One call with its route, in a line. */
export function formatCallLine({ at, model, state, code, ms, attempts }: CallEntry): Line {
  const route: Span[] = attempts.flatMap(
    ({ provider, model: asked, key, outcome, code: why, ms: took }, place) => [
      place === 0 ? "" : " → ",
      {
        text: `${SIGNS[outcome]} ${[provider, asked].filter(Boolean).join("/")}${formatKey(key)}${why === undefined ? "" : ` ${why}`}${outcome === "skipped" ? "" : ` ${took} ms`}`,
        style: outcome === "answered" ? "green" : outcome === "failed" ? "red" : "dim",
      },
    ],
  );
  const end =
    state === "failed"
      ? ` failed${code === undefined ? "" : ` (${code})`}`
      : state === "answered"
        ? ""
        : ` ${state}`;
  const took = ms === undefined ? "" : ` ${ms} ms`;
  return [{ text: at.slice(11, 19), style: "dim" }, ` ${model || "-"}${end}${took} `, ...route];
}

function formatHeadline({ state, answers, retry_at: retryAt, running }: Status, now: number): Span {
  const inFlight = running === 0 ? "" : ` ${running} in flight.`;
  if (state === "ok") return { text: `It works. ${answers} answers.${inFlight}`, style: "green" };
  if (state === "limited")
    return { text: `It works, with a fallback. ${answers} answers.${inFlight}`, style: "yellow" };
  const next = retryAt === undefined ? "" : ` Next try in ${formatSeconds(Date.parse(retryAt) - now)}.`;
  return { text: `Nobody can answer now.${next}`, style: "red" };
}

function formatCandidate(candidate: StatusCandidate, now: number): Line {
  const { id, key, state, outcome, code, until, first_ms: firstMs, counts, limits, minutes } = candidate;
  const isOut = state === "well" && outcome === "skipped";
  return [
    `${id}${formatKey(key)}`,
    { text: isOut ? "not asked" : state, style: isOut ? "dim" : STATE_STYLES[state] },
    code ?? "",
    until === undefined ? "" : formatSeconds(Date.parse(until) - now),
    firstMs === undefined ? "" : `${firstMs} ms`,
    `${counts.answered}`,
    `${counts.failed}`,
    limits
      .map(({ left, limit, unit }) => `${left}${limit === undefined ? "" : `/${limit}`} ${unit}`)
      .join(", "),
    formatHour(minutes),
  ];
}

/** A sign for each five minutes: its height says how many calls. */
function formatHour(minutes: StatusCandidate["minutes"]): Span {
  const sums: number[] = [];
  let failed = 0;
  for (let start = 0; start < minutes.length; start += MINUTES) {
    const part = minutes.slice(start, start + MINUTES);
    sums.push(part.reduce((sum, minute) => sum + minute.answered + minute.failed + minute.skipped, 0));
    failed += part.reduce((sum, minute) => sum + minute.failed, 0);
  }
  const most = Math.max(...sums, 1);
  const text = sums.map((sum) => BARS[Math.ceil((sum / most) * (BARS.length - 1))]).join("");
  return { text: text.trim() === "" ? "" : text, style: failed > 0 ? "red" : "green" };
}

function formatSeconds(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1_000));
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}
