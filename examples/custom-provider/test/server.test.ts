import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { chat } from "@fallthrough/core";
import { createRegistry } from "@fallthrough/registry";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parrot } from "../server.js";
import { createParrot } from "../src/index.ts";

let baseURL: string;

beforeAll(async () => {
  parrot.listen(0, "127.0.0.1");
  await once(parrot, "listening");
  baseURL = `http://127.0.0.1:${(parrot.address() as AddressInfo).port}`;
});
afterAll(() => parrot.close());

test("the parrot says what it is told", async () => {
  // #region ask
  const parrotProvider = createParrot({ baseURL });
  const reply = chat(parrotProvider, { messages: [{ role: "user", content: "Pieces of eight!" }] });
  const text = await reply.text();
  // #endregion

  expect(text).toBe("Pieces of eight!");
  await parrotProvider.close();
});

test("the parrot answers to its name in a registry", async () => {
  const registry = createRegistry({ providers: [createParrot({ baseURL })] });
  const messages = [{ role: "user" as const, content: "Hello" }];

  expect(await registry.chat({ model: "grey", messages }).text()).toBe("Hello");
  expect(await registry.chat({ model: "parrot", messages }).text()).toBe("Hello");
});
