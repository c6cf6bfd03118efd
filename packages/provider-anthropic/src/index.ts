export { type AnthropicSettings, createAnthropic } from "./provider.ts";
