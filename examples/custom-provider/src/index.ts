export { createParrot } from "./provider.ts";
