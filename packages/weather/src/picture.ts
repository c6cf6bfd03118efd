import type { RunLog } from "./engine/run.ts";

/** What a picture shows. */
interface PictureOptions {
  readonly title: string;
  /** Seconds since the start. */
  readonly from: number;
  /** Seconds since the start. */
  readonly to: number;
}

const WIDTH = 960;
const LEFT = 110;
const ROW = 46;
const TOP = 40;
const COLOURS = { well: "#d8f0dc", down: "#f6d5d5", answered: "#1a7f37", failed: "#c62828", text: "#24292f" };

/** An SVG picture of one run: when each service was well, when it was asked, and whether it answered. */
export function drawRun({ calls, prompts, outages }: RunLog, { title, from, to }: PictureOptions): string {
  const services = [...outages.keys()];
  const height = TOP + ROW * (services.length + 1) + 34;
  const x = (ms: number): number => {
    const share = (ms / 1_000 - from) / (to - from);
    return Math.round(LEFT + (WIDTH - LEFT - 20) * Math.min(1, Math.max(0, share)));
  };
  const isShown = ({ at }: { readonly at: number }): boolean => from * 1_000 <= at && at <= to * 1_000;
  const answers = new Map(calls.map((call) => [call.number, call.by]));

  const bands = services.flatMap((service, index) => {
    const y = TOP + ROW * index;
    const band = (colour: string, start: number, end: number): string =>
      `<rect x="${start}" y="${y}" width="${Math.max(1, end - start)}" height="${ROW - 12}" fill="${colour}"/>`;
    const marks = prompts
      .filter((prompt) => prompt.service === service && isShown(prompt))
      .map((prompt) => {
        const colour = answers.get(prompt.call) === service ? COLOURS.answered : COLOURS.failed;
        return `<circle cx="${x(prompt.at)}" cy="${y + (ROW - 12) / 2}" r="3" fill="${colour}"/>`;
      });
    return [
      text(8, y + 22, service),
      band(COLOURS.well, x(from * 1_000), x(to * 1_000)),
      ...(outages.get(service) ?? []).map((outage) => band(COLOURS.down, x(outage.from), x(outage.to))),
      ...marks,
    ];
  });
  const y = TOP + ROW * services.length;
  const unanswered = calls
    .filter((call) => call.by === undefined && isShown(call))
    .map(({ at }) => `<rect x="${x(at) - 1}" y="${y + 6}" width="2" height="18" fill="${COLOURS.failed}"/>`);
  const ticks = Array.from({ length: Math.floor((to - from) / 60) + 1 }, (_, index) => from + 60 * index).map(
    (second) => text(x(second * 1_000), height - 12, `${second} s`, "middle"),
  );

  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="13" fill="${COLOURS.text}">`,
    `<title>${title}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    text(8, 22, title),
    ...bands,
    text(8, y + 20, "no answer"),
    ...unanswered,
    ...ticks,
    "</svg>",
    "",
  ].join("\n");
}

function text(x: number, y: number, words: string, anchor = "start"): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}">${words}</text>`;
}
