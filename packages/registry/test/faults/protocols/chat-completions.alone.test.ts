import { runRows } from "../run-rows.ts";
import { CHAT_COMPLETIONS } from "./chat-completions.ts";
import { protocolRows } from "./rows.ts";

runRows(protocolRows(CHAT_COMPLETIONS));
