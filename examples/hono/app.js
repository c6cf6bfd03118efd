import { Hono } from "hono";
import { registry } from "./registry.js";

export const app = new Hono();

app.post("/chat", async (context) => {
  const { messages } = await context.req.json();
  const reply = registry.chat({ messages, signal: context.req.raw.signal });
  return reply.toResponse({ format: "events" });
});
