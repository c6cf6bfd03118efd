export { createChatgptfree } from "./provider.ts";
