import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";
import { Agent, request } from "undici";
import { reportCpu } from "./cost.ts";

// the least that a gateway can be: the body goes on through undici, and the bytes come back untouched
const [baseURL = ""] = process.argv.slice(2);
const dispatcher = new Agent();
const server = createServer((incoming, outgoing) => {
  request(`${baseURL}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: incoming,
    dispatcher,
  }).then(
    ({ statusCode, headers, body }) => {
      outgoing.writeHead(statusCode, { "content-type": String(headers["content-type"]) });
      pipeline(body, outgoing).catch(() => outgoing.destroy());
    },
    () => outgoing.destroy(),
  );
}).listen(0, "127.0.0.1");
await once(server, "listening");
reportCpu();
process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`);
