import { chatCompletions } from "./columns/chat-completions.ts";
import { messages } from "./columns/messages.ts";
import { ollama } from "./columns/ollama.ts";
import { responses } from "./columns/responses.ts";
import type { Column } from "./dialogues.ts";

/** Every dialect of the gateway. */
export const COLUMNS: readonly Column[] = [chatCompletions, responses, messages, ollama];
