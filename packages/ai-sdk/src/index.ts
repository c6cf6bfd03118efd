export { type AISDKCard, fromAISDK } from "./inward/from-ai-sdk.ts";
export type { AISDKModel } from "./inward/model.ts";
export { createFallthrough, type FallthroughProvider } from "./outward/create-fallthrough.ts";
