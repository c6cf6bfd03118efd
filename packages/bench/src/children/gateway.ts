import { startGateway } from "@fallthrough/gateway";
import { createOpenAI } from "@fallthrough/provider-openai";
import { createRegistry } from "@fallthrough/registry";
import { MODEL } from "../client.ts";
import { reportCpu } from "./cost.ts";

/** More than are ever open at once: the next call may come before the end of the one before is seen. */
const MOST_CALLS = 256;

// the gateway in a process of its own, in front of the server that the argument names
const provider = createOpenAI({ baseURL: process.argv[2], models: [{ id: MODEL }] });
const gateway = await startGateway(createRegistry({ providers: [provider] }), {
  port: 0,
  maxCalls: MOST_CALLS,
});
reportCpu();
process.send?.(gateway.baseURL);
