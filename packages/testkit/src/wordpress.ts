import { type Exchanged, exchangedOrigin } from "./exchanged.ts";
import { loadAnswer } from "./fixture.ts";
import type { RecordedResponse } from "./recording.ts";
import { type Reply, recordedReply } from "./reply.ts";

/** The origin of the WordPress that the recordings were made with. */
const RECORDED_ORIGIN = "http://127.0.0.1:8099";
/** Where WordPress takes the requests of plugins. */
export const AJAX_PATH: string = "/wp-admin/admin-ajax.php";

/** A recorded answer of that WordPress, from the stand-in's own origin. */
export function wordpressReply(response: RecordedResponse, origin: string, exchanged: Exchanged = []): Reply {
  return recordedReply(response, [...exchangedOrigin(RECORDED_ORIGIN, origin), ...exchanged]);
}

/** A page made whole again out of the parts that its recording kept. */
export function wordpressPage(response: RecordedResponse, origin: string, exchanged: Exchanged = []): Reply {
  const parts = response.body
    .toString("utf8")
    .split(/^\[.*\]$/m)
    .map((part) => part.trim())
    .filter(Boolean)
    .map(restorePart);
  const html = `<!DOCTYPE html>
<html lang="en-US">
<head><meta charset="UTF-8" /><title>Chat</title></head>
<body class="home page">
${parts.join("\n")}
</body>
</html>
`;
  return wordpressReply({ ...response, chunks: [Buffer.from(html)] }, origin, exchanged);
}

/** Scripts lost their tags in the recording, and the long ones their end. */
function restorePart(part: string): string {
  if (part.startsWith("<")) return part;
  const whole = part.replace(/,\[\.\.\.\]$/, "};");
  return whole.endsWith(";") ? `<script>\n${whole}\n</script>` : "";
}

/** What WordPress shows when PHP died. */
export function criticalError(): Reply {
  return recordedReply(loadAnswer("ai-power/2.3.43", "unknown-bot-json"));
}
