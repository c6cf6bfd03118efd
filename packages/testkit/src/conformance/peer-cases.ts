import { getEventListeners } from "node:events";
import { inspect } from "node:util";
import { type ChatMessage, type ChatProvider, type ChatRequest, chat } from "@fallthrough/core";
import { providerCard } from "@fallthrough/core/internal";
import { failureOf, inTime, ownStream, question, readParts, reasonOf } from "./ask.ts";
import { contains, equals, holds, isReasonOf, matches, oneOf } from "./check.ts";
import type { Peer, PeerBehaviour, PeerSuite } from "./peer-suite.ts";
import type { Ability } from "./suite.ts";

/** What a case of such a provider works with. */
interface PeerKit {
  readonly reply: string;
  readonly peer: Peer;
  readonly provider: ChatProvider;
  readonly request: ChatRequest;
}

/** One promise of the contract that does not need HTTP. */
interface PeerCase {
  readonly title: string;
  /** Set where the provider may declare that it lacks this. */
  readonly ability?: Ability | undefined;
  readonly behaviour: PeerBehaviour;
  run(kit: PeerKit): Promise<void>;
}

/** Longer than a program takes to start on a busy machine. */
const PATIENCE_MS = 10_000;
const PROMPT = "the prompt that nobody else may read";

/** The promises of the contract, whatever the provider speaks. */
export const PEER_CASES: readonly PeerCase[] = [
  {
    title: "the card has the shape of the contract, and the settings change it",
    behaviour: "answers",
    async run({ peer, provider }) {
      const status = { state: "retired", checked: "2020-02-02" } as const;
      const settings = { id: "id-of-the-suite", models: [{ id: "model-of-the-suite" }], status };

      // throws for anything that is no card
      providerCard({ fallthrough: provider });
      matches(peer.create(settings), settings, "the card");
      const refusal = await reasonOf(
        (async () => peer.create({ unknown: 1 } as object).id)(),
        "create() with an unknown setting",
      );
      contains(String(refusal), "`unknown` is unknown", "the error of an unknown setting");
    },
  },
  {
    title: "the answer is the reply, twice",
    behaviour: "answers",
    async run({ provider, request, reply }) {
      equals(await chat(provider, request).text(), reply, "the answer");
      equals(await chat(provider, request).text(), reply, "the answer");
    },
  },
  {
    title: "a good answer ends with a `finish`, and nothing follows it",
    behaviour: "answers",
    async run({ provider, request }) {
      const types = (await readParts(provider, request)).map(({ type }) => type);

      equals(types.indexOf("finish"), types.length - 1, "the place of the first `finish`");
    },
  },
  {
    title: "calls at the same time are independent",
    behaviour: "answers",
    async run({ peer, provider, request, reply }) {
      const contents = ["alpha", "bravo", "charlie"].map((name) => `question${name}`);
      const texts = contents.map((content) =>
        chat(provider, { ...request, messages: [{ role: "user", content }] }).text(),
      );

      equals(
        await Promise.all(texts),
        contents.map(() => reply),
        "the list of answers",
      );
      await becomes(() => peer.asked.length >= contents.length, "the peer was not asked everything");
      const found = peer.asked.map((text) => contents.filter((content) => text.includes(content)));
      equals(
        found.map(({ length }) => length),
        [1, 1, 1],
        "the list of questions in each request",
      );
      equals(found.flat().sort(), contents, "the list of questions that were sent");
    },
  },
  {
    title: "a wish and an option that nobody honours are warned about",
    behaviour: "answers",
    async run({ peer, provider, request }) {
      const providerOptions = { [provider.id]: { optionOfTheSuite: true } };
      const { warnings } = await chat(provider, { ...request, temperature: 0.321, providerOptions }).result();
      const messages = warnings.map(({ message }) => message).join();

      contains(messages, "optionOfTheSuite", "the text of all warnings");
      await becomes(() => peer.asked.length === 1, "the peer was not asked");
      holds(
        messages.includes("temperature") || peer.asked.join().includes("0.321"),
        "`temperature` was neither sent nor warned about",
      );
    },
  },
  {
    title: "an answer that ends early is no success",
    ability: "endMarker",
    behaviour: "ends early",
    async run({ provider, request }) {
      const failure = await failureOf(chat(provider, request).result(), "the call", PATIENCE_MS);
      equals(failure.code, "interrupted", "the code of the failure");
    },
  },
  {
    title: "what is no answer is no success, and its error shows no prompt",
    behaviour: "talks nonsense",
    async run({ provider, request }) {
      const messages = [{ role: "user" as const, content: PROMPT }];
      const failure = await failureOf(
        chat(provider, { ...request, messages }).result(),
        "the call",
        PATIENCE_MS,
      );

      oneOf(failure.code, ["protocol", "server", "interrupted"], "the code of the failure");
      holds(!inspect(failure, { depth: 10 }).includes(PROMPT), "the error quotes the prompt");
    },
  },
  {
    title: "a peer that is away is a failure of ours, before the answer",
    behaviour: "is away",
    async run({ provider, request }) {
      const failure = await failureOf(chat(provider, request).result(), "the call", PATIENCE_MS);

      oneOf(failure.code, ["network", "config"], "the code of the failure");
    },
  },
  ...(["is silent", "goes silent"] as const).map(
    (behaviour): PeerCase => ({
      title: `a peer that ${behaviour} is ended by a timer, and left`,
      behaviour,
      async run({ peer, provider, request }) {
        // long enough for a program to start
        const timeouts = { firstChunkMs: 1_500, chunkMs: 150 };
        const reason = await reasonOf(
          chat(provider, { ...request, timeouts }).result(),
          "the call",
          PATIENCE_MS,
        );

        matches(reason, { code: "timeout" }, "the failure");
        await isLeft(peer);
      },
    }),
  ),
  {
    title: "an aborted signal asks nobody",
    behaviour: "answers",
    async run({ peer, provider, request }) {
      const signal = AbortSignal.abort(new Error("aborted by the suite"));

      const reason = await reasonOf(readParts(provider, { ...request, signal }), "the call", PATIENCE_MS);
      isReasonOf(signal, reason);
      equals(peer.asked, [], "what the peer was asked");
      equals(peer.open(), 0, "the number of open connections or programs");
    },
  },
  ...(["is silent", "goes silent"] as const).map(
    (behaviour): PeerCase => ({
      title: `an abort ends the call with its reason, and leaves a peer that ${behaviour}`,
      behaviour,
      async run({ peer, provider, request }) {
        const controller = new AbortController();
        const { signal } = controller;
        const ended = reasonOf(readParts(provider, { ...request, signal }), "the aborted call", PATIENCE_MS);
        ended.catch(() => {});
        await becomes(() => peer.asked.length === 1, "the peer was not asked");
        controller.abort(new Error("aborted by the suite"));

        isReasonOf(signal, await ended);
        await isLeft(peer);
      },
    }),
  ),
  {
    title: "leaving the stream leaves the peer",
    ability: "streaming",
    behaviour: "goes silent",
    async run({ peer, provider, request }) {
      const parts = ownStream(provider, request)[Symbol.asyncIterator]();
      for (let part = await parts.next(); part.value?.type !== "text-delta"; part = await parts.next()) {
        equals(part.done, false, "`done` before the first text");
      }
      await parts.return?.();

      await isLeft(peer);
    },
  },
  {
    title: "a call leaves no timer and no listener behind",
    behaviour: "answers",
    async run({ peer, provider, request }) {
      const { signal } = new AbortController();
      const timers = countTimers();
      await readParts(provider, { ...request, signal });

      equals(getEventListeners(signal, "abort").length, 0, "the number of listeners left on the signal");
      await becomes(() => countTimers() <= timers, "a timer did not end");
      await isLeft(peer);
    },
  },
  {
    title: "close() ends what is open, also when it is called twice",
    behaviour: "goes silent",
    async run({ peer, provider, request }) {
      const ended = chat(provider, request).result();
      ended.catch(() => {});
      await becomes(() => peer.asked.length === 1, "the peer was not asked");
      await provider.close?.();
      await provider.close?.();

      await isLeft(peer);
      await failureOf(ended, "the call", PATIENCE_MS);
    },
  },
  sends("system", "the system message reaches the peer", [
    { role: "system", content: "systemtext" },
    { role: "user", content: "usertext" },
  ]),
  sends("history", "earlier turns reach the peer", [
    { role: "user", content: "firstquestion" },
    { role: "assistant", content: "firstanswer" },
    { role: "user", content: "secondquestion" },
  ]),
];

/** What has to reach the peer for an ability to be there. */
function sends(ability: Ability, title: string, messages: ChatMessage[]): PeerCase {
  return {
    title: `${ability}: ${title}`,
    ability,
    behaviour: "answers",
    async run({ peer, provider, request }) {
      await chat(provider, { ...request, messages }).text();
      await becomes(() => peer.asked.length > 0, "the peer was not asked");

      for (const { content } of messages) contains(peer.asked.join("\n"), String(content), "what was sent");
    },
  };
}

/** Runs one case on a peer of its own. */
export async function runPeerCase({ start, reply, request }: PeerSuite, one: PeerCase): Promise<void> {
  const peer = await start(one.behaviour);
  const provider = peer.create();
  try {
    await one.run({ reply, peer, provider, request: { ...question(), ...request } });
  } finally {
    await provider.close?.();
    await peer.close();
  }
}

async function isLeft(peer: Peer): Promise<void> {
  await becomes(() => peer.open() === 0, "the peer was not left");
}

async function becomes(condition: () => boolean, problem: string): Promise<void> {
  let waits = true;
  const met = async () => {
    while (waits && !condition()) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  try {
    await inTime(met(), problem, PATIENCE_MS);
  } finally {
    waits = false;
  }
}

function countTimers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
}
