export { createFakegpt } from "./provider.ts";
