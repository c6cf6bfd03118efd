import { createServer } from "node:http";

/** A parrot: it repeats the prompt, word by word, as server-sent events. */
export const parrot = createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request) body += chunk;
  const { prompt } = request.method === "POST" && request.url === "/say" ? JSON.parse(body) : {};
  if (typeof prompt !== "string") {
    response.writeHead(400, { "content-type": "application/json" });
    response.end(JSON.stringify({ error: "the parrot heard nothing" }));
    return;
  }
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (const word of prompt.split(/(?<= )/)) response.write(`data: ${JSON.stringify({ word })}\n\n`);
  response.end("data: [DONE]\n\n");
});

if (process.argv[1] === import.meta.filename) {
  parrot.listen(8123, "127.0.0.1", () => console.log("the parrot listens on http://127.0.0.1:8123"));
}
