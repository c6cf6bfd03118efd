export type { AccessOptions } from "./access.ts";
export { createGateway, type Gateway } from "./gateway.ts";
export type { GatewayOptions } from "./routes.ts";
export { type GatewayServerOptions, type RunningGateway, startGateway } from "./server.ts";
