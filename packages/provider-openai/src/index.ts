export type { Dialect } from "./body.ts";
export { createOpenAI } from "./openai.ts";
export {
  defineOpenAICompatible,
  type OpenAIApi,
  type OpenAICompatible,
  type OpenAISettings,
} from "./provider.ts";
