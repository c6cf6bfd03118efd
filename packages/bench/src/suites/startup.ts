import type { Suite } from "../bench.ts";
import { MODEL, PROMPT } from "../client.ts";
import { figuresOf } from "../figure.ts";
import { peerURL } from "../peers.ts";
import { median } from "../statistics.ts";
import { timeProcess } from "../time-process.ts";
import { type Entrant, type Sample, takeTurns } from "../turns.ts";
import { formatBaseURL } from "../upstream/answer.ts";

const BARE = "bare Node";
const UNDICI = "import of undici";
const PROCESSES = 3;
const TIME = "fresh process";
const SCALED = "the same, scaled";
/** Milliseconds that importing undici took over bare Node on the machine that the bounds were set on. */
const UNDICI_MS = 96;

/** What a fresh process takes to import a client, and to its first text. */
export const startupSuite: Suite = {
  name: "startup",
  short: true,
  async run({ upstream, rounds, all, peers }) {
    const baseURL = formatBaseURL(upstream.origins[0], { kind: "openai", events: 10 });
    const programs = [
      ...ourPrograms(baseURL),
      ...(all ? peers : []).flatMap(({ name }) => peerPrograms(name, baseURL)),
    ];
    const entrants = programs.map(([name, program]): Entrant => {
      return {
        name,
        warmUp: async () => {},
        turn: async () => {
          const args = ["--input-type=module", "--eval", program];
          return { [TIME]: median(Array.from({ length: PROCESSES }, () => timeProcess(name, args))) };
        },
      };
    });
    const samples = await takeTurns(entrants, rounds, 0);
    const place = { suite: "startup", variant: "from nothing", base: BARE };
    const measures = [TIME, SCALED].map((name) => ({ name, unit: "ms", relation: "added" }) as const);
    return figuresOf(place, measures, withScale(samples));
  },
};

/** Adds what each time would be on a machine as fast as the one of the bounds: milliseconds do not travel. */
function withScale(samples: ReadonlyMap<string, readonly Sample[]>): ReadonlyMap<string, readonly Sample[]> {
  const timeOf = (name: string, round: number): number => samples.get(name)?.[round]?.[TIME] ?? Number.NaN;
  const scales = (samples.get(BARE) ?? []).map(
    (_, round) => UNDICI_MS / (timeOf(UNDICI, round) - timeOf(BARE, round)),
  );
  return new Map(
    [...samples.keys()].map((name) => [
      name,
      scales.map((scale, round) => {
        const time = timeOf(name, round);
        return { [TIME]: time, [SCALED]: time * scale };
      }),
    ]),
  );
}

type Program = readonly [name: string, program: string];

/** Plain JavaScript, because types cost a fresh process more to strip than anything that is measured here. */
function ourPrograms(baseURL: string): readonly Program[] {
  const url = (name: string): string => JSON.stringify(import.meta.resolve(name));
  const body = JSON.stringify({
    model: MODEL,
    messages: [{ role: "user", content: PROMPT }],
    stream: true,
  });
  const post = `{ method: "POST", headers: { "content-type": "application/json" }, body: ${JSON.stringify(body)} }`;
  const endpoint = JSON.stringify(`${baseURL}/chat/completions`);
  return [
    [BARE, ""],
    [UNDICI, `import ${url("undici")};`],
    [
      "import of registry and provider",
      `import ${url("@fallthrough/registry")}; import ${url("@fallthrough/provider-openai")};`,
    ],
    [
      "first bytes through fetch",
      `const { body } = await fetch(${endpoint}, ${post}); for await (const _ of body) process.exit();`,
    ],
    [
      "first bytes through undici",
      `import { request } from ${url("undici")};
       const { body } = await request(${endpoint}, ${post}); for await (const _ of body) process.exit();`,
    ],
    [
      "first text through registry",
      `import { createRegistry } from ${url("@fallthrough/registry")};
       import { createOpenAI } from ${url("@fallthrough/provider-openai")};
       const provider = createOpenAI({ baseURL: ${JSON.stringify(baseURL)}, models: [{ id: "${MODEL}" }] });
       const registry = createRegistry({ providers: [provider] });
       const reply = registry.chat({ messages: [{ role: "user", content: "${PROMPT}" }] });
       for await (const _ of reply.textStream) process.exit();`,
    ],
  ];
}

function peerPrograms(name: string, baseURL: string): readonly Program[] {
  const url = JSON.stringify(peerURL(name));
  const ask = `for await (const _ of create(${JSON.stringify(baseURL)}).stream()) process.exit();`;
  return [
    [`import of ${name}`, `import ${url};`],
    [`first text through ${name}`, `import { create } from ${url}; ${ask}`],
  ];
}
