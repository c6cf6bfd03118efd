import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import express from "express";
import { registry } from "./registry.js";

const app = express();
app.use(express.json());

app.post("/chat", async (request, response) => {
  const left = new AbortController();
  response.on("close", () => left.abort());

  const { messages } = request.body ?? {};
  const answer = await registry.chat({ messages, signal: left.signal }).toResponse();
  response.status(answer.status).set(Object.fromEntries(answer.headers));
  // an answer that breaks off breaks the connection, so that the client sees it
  await pipeline(Readable.fromWeb(/** @type {any} */ (answer.body)), response).catch(() => {});
});

const server = app.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  console.log(`listening on http://127.0.0.1:${port}/chat`);
});
