import { runRows } from "../run-rows.ts";
import { RESPONSES } from "./responses.ts";
import { protocolRows } from "./rows.ts";

runRows(protocolRows(RESPONSES));
