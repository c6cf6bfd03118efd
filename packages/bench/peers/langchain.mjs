import { ChatOpenAI } from "@langchain/openai";
import { KEY, MODEL, PROMPT } from "./shared.mjs";

/** `@langchain/openai`; its retries are off, because they wait for minutes before another server is asked. */
function createModel(baseURL) {
  return new ChatOpenAI({ model: MODEL, apiKey: KEY, maxRetries: 0, configuration: { baseURL } });
}

async function* textOf(runnable) {
  for await (const { content } of await runnable.stream(PROMPT)) if (content) yield content;
}

export function create(baseURL) {
  const model = createModel(baseURL);
  return { stream: () => textOf(model), whole: async () => (await model.invoke(PROMPT)).content };
}

/** `withFallbacks` over all servers behind the first. */
export function createChain(baseURLs) {
  const [first, ...others] = baseURLs.map(createModel);
  const chain = first.withFallbacks({ fallbacks: others });
  return { prepare: () => () => textOf(chain) };
}
