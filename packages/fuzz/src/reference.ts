import { Agent, request } from "undici";
import type { BodyFormat, Said } from "./bodies.ts";
import { ENCODINGS } from "./encodings.ts";
import { isCertain, isEnded, sentBytes } from "./play.ts";
import { type PlayedAnswer, startPlays } from "./play-server.ts";

/** What a reader finds who does nothing but read. */
export interface Expected extends Pick<Said, "text"> {
  /** "silence": the answer only stops, and a timer has to end it. */
  readonly end: "whole" | "cut" | "silence";
  /** Whether it is the same however the bytes travel: not so where a reset may drop some. */
  readonly isCertain: boolean;
}

/** Reads these answers with plain `undici.request`, at once and without a pause, and makes of each what its format says. */
export async function readPlainly(
  answers: readonly (PlayedAnswer & { readonly format: Pick<BodyFormat, "read"> })[],
): Promise<readonly Expected[]> {
  const server = await startPlays(answers.map(plainly));
  const dispatcher = new Agent();
  try {
    return await Promise.all(
      answers.map(async (answer, index) => {
        const { body, isWhole } = await readBody(`${server.origin}/${index}`, dispatcher);
        return expectedOf(answer, body, isWhole);
      }),
    );
  } finally {
    await dispatcher.destroy();
    await server.close();
  }
}

/** The same bytes in one piece, and a FIN behind those that are no whole answer. */
function plainly({ play, framed }: PlayedAnswer): PlayedAnswer {
  const end = isEnded(play) ? "open" : "FIN";
  return { play: { ...play, end, pieces: 1, pauseMs: 0 }, framed };
}

async function readBody(url: string, dispatcher: Agent): Promise<{ body: Buffer; isWhole: boolean }> {
  const chunks: Buffer[] = [];
  try {
    const { body } = await request(url, { dispatcher });
    for await (const chunk of body) chunks.push(chunk);
    return { body: Buffer.concat(chunks), isWhole: true };
  } catch {
    return { body: Buffer.concat(chunks), isWhole: false };
  }
}

function expectedOf(
  { play, framed, format }: PlayedAnswer & { readonly format: Pick<BodyFormat, "read"> },
  received: Buffer,
  isWhole: boolean,
): Expected {
  const { body, isWhole: isDecoded } = ENCODINGS[play.encoding].decode(received);

  function expect(hasEnd: boolean, isReset: boolean): Expected {
    const said = format.read(body, hasEnd && isDecoded, isReset && isDecoded);
    const isSilent = play.end === "open" && !hasEnd;
    return {
      text: said.text,
      end: said.isWhole && said.text !== "" ? "whole" : isSilent ? "silence" : "cut",
      isCertain: isCertain(play, sentBytes(play, framed)),
    };
  }

  // a body that ends with its connection ends with a FIN, also for undici, which takes a reset for one
  const endsWithConnection = play.framing === "closing" || play.framing === "HTTP/1.0";
  if (!isWhole || !endsWithConnection) return expect(isWhole, false);
  return expect(play.end === "FIN", play.end === "RST");
}
