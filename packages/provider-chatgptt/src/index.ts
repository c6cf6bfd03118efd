export { createChatgptt } from "./provider.ts";
