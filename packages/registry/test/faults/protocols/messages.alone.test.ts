import { runRows } from "../run-rows.ts";
import { MESSAGES } from "./messages.ts";
import { protocolRows } from "./rows.ts";

runRows(protocolRows(MESSAGES));
