import { runRows } from "../run-rows.ts";
import { GENERATE_CONTENT } from "./generate-content.ts";
import { protocolRows } from "./rows.ts";

runRows(protocolRows(GENERATE_CONTENT));
