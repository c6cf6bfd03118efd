export { type AiPowerSettings, type AiPowerSite, defineAiPower } from "./ai-power.ts";
