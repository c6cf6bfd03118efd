import { createRegistry } from "@fallthrough/registry";
import { expect, test } from "vitest";
import { createTelemetry } from "../src/index.ts";
import { ANSWER, MESSAGES, provider } from "./provider.ts";

test("a registry with telemetry answers as one without, also where no SDK is registered", async () => {
  const providers = [provider("well", ...ANSWER)];

  // #region use
  const registry = createRegistry({ providers, onCall: createTelemetry() });
  // #endregion

  expect(await registry.chat({ messages: MESSAGES }).text()).toBe("a secret answer");
});
