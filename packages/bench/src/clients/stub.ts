import type { ChatProvider } from "@fallthrough/core";

/** A provider that answers, or fails, at once and from memory, so that what is around it can be measured. */
export function createStub(
  id: string,
  models: readonly string[],
  fail?: (() => Error) | undefined,
): ChatProvider {
  return {
    specificationVersion: 1,
    id,
    name: id,
    status: { state: "active", checked: "2026-11-01" },
    models: models.map((model) => ({ id: model })),
    async *stream() {
      if (fail !== undefined) throw fail();
      yield { type: "text-delta", delta: "text" };
      yield { type: "finish", finishReason: "stop" };
    },
  };
}
