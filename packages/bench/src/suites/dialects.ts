import type { Suite, Upstream } from "../bench.ts";
import { startChild } from "../child-process.ts";
import type { Client } from "../client.ts";
import { MODEL, PROMPT } from "../client.ts";
import { type Figure, figuresOf } from "../figure.ts";
import { type CreateBody, createPost } from "../floors/post.ts";
import { type Sample, takeTurns } from "../turns.ts";
import { formatBaseURL } from "../upstream/answer.ts";
import { textOf } from "../upstream/text.ts";
import { FIRST_TEXT, firstTextEntrant } from "./first-text.ts";

const SHORT = { kind: "openai", events: 10 } as const;
/** V8 goes on compiling for thousands of calls. */
const WARM_UP_ROUNDS = 15;
const BASE = "chat completions";
const DIRECT = "no gateway";
const QUESTION = [{ role: "user", content: PROMPT }];

/** A protocol as the least of its clients reads it. */
interface Protocol {
  /** Behind the base URL. */
  readonly path: string;
  readonly createBody: CreateBody;
  /** What stands before the text of a delta, and nowhere else. */
  readonly mark: string;
}

const CHAT: Protocol = {
  path: "/chat/completions",
  createBody: (stream) => ({ model: MODEL, messages: QUESTION, stream }),
  mark: '"content":"',
};
const PROTOCOLS: Readonly<Record<string, Protocol>> = {
  [BASE]: CHAT,
  [`${BASE} again`]: CHAT,
  responses: {
    path: "/responses",
    createBody: (stream) => ({ model: MODEL, input: PROMPT, stream }),
    mark: '"delta":"',
  },
  messages: {
    path: "/messages",
    createBody: (stream) => ({ model: MODEL, max_tokens: 1_000, messages: QUESTION, stream }),
    mark: '"type":"text_delta","text":"',
  },
  ollama: {
    path: "/../api/chat",
    createBody: (stream) => ({ model: MODEL, messages: QUESTION, stream }),
    mark: '"content":"',
  },
};

/** The gateway in each dialect against itself in chat completions; each has a process of its own. */
export const dialectsSuite: Suite = {
  name: "dialects",
  short: true,
  async run({ rounds }) {
    // beside the client, so that nothing but what is measured is on the other core
    const upstream = await startChild<Upstream>("./upstream/process.js", 0);
    const [origin] = upstream.message.origins;
    try {
      return await measureDialects(formatBaseURL(origin, SHORT), rounds);
    } finally {
      await upstream.close();
    }
  },
};

async function measureDialects(upstream: string, rounds: number): Promise<readonly Figure[]> {
  const servers = await Promise.all(
    Object.entries(PROTOCOLS).map(async ([name, protocol]) => {
      const child = await startChild<string>("./children/gateway.js", 1, [upstream]);
      return { name, protocol, child };
    }),
  );
  const clients = [
    ...servers.map(({ name, protocol, child }) => ({ name, client: createReader(child.message, protocol) })),
    { name: DIRECT, client: createReader(upstream, CHAT) },
  ];
  const expected = textOf(SHORT);
  const samples = await takeTurns(
    clients.map(({ name, client }) => firstTextEntrant(name, client, expected)),
    rounds,
    WARM_UP_ROUNDS,
  );
  await Promise.all([
    ...clients.map(({ client }) => client.close?.()),
    ...servers.map(({ child }) => child.close()),
  ]);
  const place = { suite: "dialects", variant: "10 events", base: BASE };
  return figuresOf(place, [{ name: "own time, p50", unit: "ms", relation: "ratio" }], ownTimes(samples));
}

/** What each gateway adds to a call of the server itself, round by round. */
function ownTimes(samples: ReadonlyMap<string, readonly Sample[]>): ReadonlyMap<string, readonly Sample[]> {
  const direct = samples.get(DIRECT) ?? [];
  return new Map(
    Object.keys(PROTOCOLS).map((name) => [
      name,
      (samples.get(name) ?? []).map(({ [FIRST_TEXT]: first = Number.NaN }, round) => ({
        "own time, p50": first - (direct[round]?.[FIRST_TEXT] ?? Number.NaN),
      })),
    ]),
  );
}

/**
 * Reads the text behind each mark, and parses nothing else: what a client spends on the events of its protocol is not the
 * gateway's time.
 */
function createReader(baseURL: string, { path, createBody, mark }: Protocol): Client {
  const url = new URL(`${baseURL}${path}`);
  const post = createPost(url.origin, url.pathname, createBody);
  return {
    async *stream() {
      const decoder = new TextDecoder();
      let rest = "";
      for await (const chunk of await post.send(true)) {
        const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) {
          const start = line.indexOf(mark);
          // the text is plain, so that its end is the next quotation mark
          const text =
            start === -1 ? "" : line.slice(start + mark.length, line.indexOf('"', start + mark.length));
          if (text !== "") yield text;
        }
      }
    },
    whole: async () => (await post.send(false)).text(),
    close: post.close,
  };
}
