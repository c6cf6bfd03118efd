import { CHAT_COMPLETIONS } from "./chat-completions.ts";
import { GENERATE_CONTENT } from "./generate-content.ts";
import { MESSAGES } from "./messages.ts";
import type { Protocol } from "./protocol.ts";
import { RESPONSES } from "./responses.ts";

/** The protocols of services, over which the rows of a body run. */
export const ALL_PROTOCOLS: readonly Protocol[] = [CHAT_COMPLETIONS, RESPONSES, MESSAGES, GENERATE_CONTENT];
