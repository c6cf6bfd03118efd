import OpenAI from "openai";
import { KEY, MODEL, PROMPT } from "./shared.mjs";

/** The `openai` package. */
export function create(baseURL) {
  const client = new OpenAI({ apiKey: KEY, baseURL });
  const body = { model: MODEL, messages: [{ role: "user", content: PROMPT }] };
  return {
    async *stream() {
      for await (const { choices } of await client.chat.completions.create({ ...body, stream: true })) {
        const text = choices[0]?.delta.content;
        if (text) yield text;
      }
    },
    whole: async () => (await client.chat.completions.create(body)).choices[0].message.content,
  };
}
