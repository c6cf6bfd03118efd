export { fromIoredis, fromIovalkey, fromRedis, type ScriptClient } from "./clients.ts";
export type { RedisHealthOptions } from "./options.ts";
export { createRedisHealth, type RedisHealth } from "./redis-health.ts";
