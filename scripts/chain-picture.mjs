/** @type {readonly (readonly [name: string, saying: string, outcome: "failed" | "skipped" | "answered"])[]} */
const CANDIDATES = [
  ["local model", "refuses the connection", "failed"],
  ["free tier", "no request left until 14:05", "skipped"],
  ["free site", "a login page, with status 200", "failed"],
  ["paid service", "answers", "answered"],
];
const WIDTH = 920;
const TOP = 96;
const BOX = { width: 206, height: 64, gap: 24 };
const LEFT = (WIDTH - CANDIDATES.length * BOX.width - (CANDIDATES.length - 1) * BOX.gap) / 2;
const LINE = TOP + BOX.height + 74;

const STYLE = `
  text { font: 14px system-ui, sans-serif; fill: #1f2328; }
  .name { font-weight: 600; }
  .small { font-size: 12.5px; fill: #59636e; }
  .code { font: 13px ui-monospace, monospace; }
  .box { fill: #f6f8fa; stroke: #818b98; }
  .skipped { stroke-dasharray: 5 4; }
  .answered { fill: #dafbe1; stroke: #1a7f37; stroke-width: 2; }
  .way { fill: none; stroke: #59636e; stroke-width: 1.5; }
  .back { fill: none; stroke: #1a7f37; stroke-width: 2; }
  .tip { fill: #59636e; } .tip-back { fill: #1a7f37; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; }
    .small { fill: #9198a1; }
    .box { fill: #151b23; stroke: #656c76; }
    .answered { fill: #12261e; stroke: #3fb950; }
    .way { stroke: #9198a1; } .back { stroke: #3fb950; }
    .tip { fill: #9198a1; } .tip-back { fill: #3fb950; }
  }
`;

const MARKS = { failed: "✗", skipped: "–", answered: "✓" };

/** @param {number} place */
const leftOf = (place) => LEFT + place * (BOX.width + BOX.gap);

/** @param {string} id */
const tip = (id) =>
  `<marker id="${id}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="${id}" d="M0 0L8 4L0 8z"/></marker>`;

/** The picture of one request that falls through a chain until somebody answers; written by `npm run snippets`. */
export function drawChain() {
  const boxes = CANDIDATES.map(([name, saying, outcome], place) => {
    const left = leftOf(place);
    const middle = left + BOX.width / 2;
    return `<rect class="box ${outcome}" x="${left}" y="${TOP}" width="${BOX.width}" height="${BOX.height}" rx="8"/>
<text class="name" x="${middle}" y="${TOP + 27}" text-anchor="middle">${MARKS[outcome]} ${name}</text>
<text class="small" x="${middle}" y="${TOP + 47}" text-anchor="middle">${saying}</text>`;
  });
  const steps = CANDIDATES.slice(1).map((_, place) => {
    const from = leftOf(place) + BOX.width;
    const middle = TOP + BOX.height / 2;
    return `<path class="way" d="M${from} ${middle}H${from + BOX.gap - 2}" marker-end="url(#tip)"/>`;
  });
  const first = leftOf(0) + BOX.width / 2;
  const last = leftOf(CANDIDATES.length - 1) + BOX.width / 2;
  const asked = '<tspan class="code">registry.chat({ messages })</tspan>';
  const HEIGHT = LINE + 24;

  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="title">
<title id="title">One request falls through four candidates: the first refuses the connection, the second is skipped, the third answers with a login page, the fourth answers.</title>
<style>${STYLE}</style>
<defs>${tip("tip")}${tip("tip-back")}</defs>
<text x="${first}" y="34" text-anchor="middle">${asked}</text>
<path class="way" d="M${first} 46V${TOP - 4}" marker-end="url(#tip)"/>
${[...boxes, ...steps].join("\n")}
<path class="back" d="M${last} ${TOP + BOX.height}V${LINE - 34}H${first}V${LINE - 16}" marker-end="url(#tip-back)"/>
<text x="${leftOf(0)}" y="${LINE + 8}"><tspan class="name">one answer</tspan> with its route: who was asked, who was skipped, and why</text>
</svg>
`;
}
