import type { Application, Serving } from "../../serving.ts";
import { COMPLETIONS, EMBEDDINGS } from "../pass-through.ts";
import { CHAT_COMPLETIONS } from "./chat-completions.ts";

/** Adds the routes of OpenAI's chat completions and of its older siblings. */
export function addChatCompletions(application: Application, { serveCalls }: Serving): void {
  application
    .post("/v1/chat/completions", serveCalls(CHAT_COMPLETIONS))
    .post("/v1/embeddings", serveCalls(EMBEDDINGS))
    .post("/v1/completions", serveCalls(COMPLETIONS));
}
