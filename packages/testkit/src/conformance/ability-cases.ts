import type { ChatRequest } from "@fallthrough/core";
import { chat } from "@fallthrough/core";
import { wireStart } from "./answer-bytes.ts";
import { inTime } from "./ask.ts";
import { contains, holds } from "./check.ts";
import type { ConformanceCase } from "./kit.ts";
import type { Ability } from "./suite.ts";
import { TOOL_CASES } from "./tool-cases.ts";

const IMAGE = Buffer.from("bytes of an image for the suite");

/** What has to reach the server for an ability to be there. */
function sends(
  ability: Ability,
  title: string,
  request: Partial<ChatRequest>,
  texts: readonly string[],
): ConformanceCase {
  return {
    title,
    ability,
    async run(kit) {
      const { provider, server } = await kit.stage();
      await kit.ask(provider, request);
      const sent = server.requests.map(({ path, body }) => path + body).join("\n");

      for (const text of texts) contains(sent, text, "what was sent");
    },
  };
}

/** What a provider may declare missing. */
export const ABILITY_CASES: readonly ConformanceCase[] = [
  {
    title: "streaming: the first text comes before the end of the answer",
    ability: "streaming",
    async run(kit) {
      const { provider } = await kit.stage({
        script: (response) => [{ send: wireStart(response).start }, { hold: true }],
      });
      const texts = chat(provider, kit.request()).textStream[Symbol.asyncIterator]();
      const first = await inTime(texts.next(), "no text came");
      await texts.return?.();

      holds(first.done !== true, "the answer ended without a text");
    },
  },
  sends(
    "system",
    "system: the system message reaches the server",
    {
      messages: [
        { role: "system", content: "systemtext" },
        { role: "user", content: "usertext" },
      ],
    },
    ["systemtext", "usertext"],
  ),
  sends(
    "history",
    "history: earlier turns reach the server",
    {
      messages: [
        { role: "user", content: "firstquestion" },
        { role: "assistant", content: "firstanswer" },
        { role: "user", content: "secondquestion" },
      ],
    },
    ["firstquestion", "firstanswer", "secondquestion"],
  ),
  ...TOOL_CASES,
  sends(
    "images",
    "images: an image reaches the server",
    {
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "usertext" },
            { type: "image", data: IMAGE, mediaType: "image/png" },
          ],
        },
      ],
    },
    [IMAGE.toString("base64").replace(/=+$/, "")],
  ),
  {
    title: "usage: the token counts of the server are told",
    ability: "usage",
    async run(kit) {
      const { provider } = await kit.stage();
      const { usage } = await kit.ask(provider);
      const counts = Object.values(usage ?? {});

      holds(
        counts.some((count) => typeof count === "number"),
        "the result has no token counts",
      );
    },
  },
];
