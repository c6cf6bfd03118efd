import { readFile } from "node:fs/promises";
import { createOpenAI } from "@fallthrough/provider-openai";
import { createRegistry } from "@fallthrough/registry";

const local = createOpenAI({ id: "local", baseURL: process.env.LOCAL_URL ?? "http://127.0.0.1:11434/v1" });
const registry = createRegistry({ providers: [local] });

const picture = await readFile(process.argv[2] ?? "picture.png");
const { text } = await registry
  .chat({
    messages: [
      {
        role: "user",
        content: [
          { type: "text", text: "What is in this picture?" },
          { type: "image", data: picture }, // its media type is read from the first bytes
        ],
      },
    ],
  })
  .result();
console.log(text);
await registry.close();
