import { createOpenAI } from "@fallthrough/provider-openai";
import { ChainExhaustedError, ChatError, createRegistry } from "@fallthrough/registry";

const local = createOpenAI({ id: "local", baseURL: process.env.LOCAL_URL ?? "http://127.0.0.1:11434/v1" });
const registry = createRegistry({ providers: [local] });

const messages = [{ role: /** @type {const} */ ("user"), content: "Why is the sky blue?" }];
try {
  console.log(await registry.chat({ messages }).text());
} catch (error) {
  if (error instanceof ChainExhaustedError) {
    // nobody answered: one ChatError for each attempt
    for (const { provider, code, fix } of error.errors) console.log(`${provider}: ${code}. ${fix}`);
    if (error.retryAt) console.log(`ask again at ${error.retryAt.toISOString()}`);
  } else if (error instanceof ChatError) {
    // one failure: a wrong request, or an answer that broke off
    console.log(`${error.code}: ${error.message}`);
    console.log(`arrived before: ${error.partial?.text ?? "nothing"}`);
  } else throw error;
}
await registry.close();
