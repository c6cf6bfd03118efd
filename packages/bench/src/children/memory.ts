import { checkText, readStream } from "../read.ts";
import { type Answer, formatBaseURL } from "../upstream/answer.ts";
import { textOf } from "../upstream/text.ts";
import { loadClient } from "./load-client.ts";

// a process of its own: it reads one stream, and tells how much memory it had at most
const [name = "", origin = "", answer = ""] = process.argv.slice(2);
const asked: Answer = JSON.parse(answer);
const create = await loadClient(name);
const client = create(formatBaseURL(origin, asked));
checkText(name, (await readStream(client)).text, textOf(asked));
process.send?.(process.resourceUsage().maxRSS);
process.disconnect?.();
await client.close?.();
