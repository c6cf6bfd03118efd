export type { AccessOptions } from "./access.ts";
export { createGateway, type Gateway, type GatewayOptions } from "./gateway.ts";
export { type GatewayServerOptions, type RunningGateway, startGateway } from "./server.ts";
