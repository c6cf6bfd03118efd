export { createGemini, type GeminiSettings } from "./provider.ts";
