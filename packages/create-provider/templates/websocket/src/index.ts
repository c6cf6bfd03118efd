export { createMySite } from "./provider.ts";
