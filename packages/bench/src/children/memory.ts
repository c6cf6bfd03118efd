import { existsSync, readFileSync } from "node:fs";
import { checkText, readStream } from "../read.ts";
import { type Answer, formatBaseURL } from "../upstream/answer.ts";
import { textOf } from "../upstream/text.ts";
import { loadClient } from "./load-client.ts";

const STATUS = "/proc/self/status";

// a process of its own: it reads one stream, and tells how much memory it had at most
const [name = "", origin = "", answer = ""] = process.argv.slice(2);
const asked: Answer = JSON.parse(answer);
const create = await loadClient(name);
const client = create(formatBaseURL(origin, asked));
checkText(name, (await readStream(client)).text, textOf(asked));
process.send?.(peakKib());
process.disconnect?.();
await client.close?.();

/** What the system counts for a process begins with the memory of the parent; Linux also counts for the program alone. */
function peakKib(): number {
  const status = existsSync(STATUS) ? readFileSync(STATUS, "utf8") : "";
  return Number(/^VmHWM:\s*(\d+)/m.exec(status)?.[1] ?? process.resourceUsage().maxRSS);
}
