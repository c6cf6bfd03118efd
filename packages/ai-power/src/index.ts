export { type AiPowerSettings, type AiPowerSite, createAiPower } from "./ai-power.ts";
