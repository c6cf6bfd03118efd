export * from "./call.ts";
export * from "./contract.ts";
export * from "./defaults.ts";
export * from "./errors.ts";
export * from "./http.ts";
export * from "./redact.ts";
export * from "./settings.ts";
