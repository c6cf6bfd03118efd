export type { AccessOptions } from "./access.ts";
export { createGateway, type Gateway } from "./gateway.ts";
export type { GatewayOptions, GatewayServerOptions } from "./gateway-options.ts";
export { type RunningGateway, startGateway } from "./server.ts";
