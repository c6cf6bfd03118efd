import type { ChatRequest } from "../../src/contract/contract.ts";

/** A request with every field that there is, made anew. */
export function fullRequest(): ChatRequest {
  const more = () => ({
    providerData: { toy: { signature: "s" } },
    extraFields: { cache: { type: "short" } },
  });
  const { providerData, extraFields } = more();
  return {
    model: "toy-1",
    messages: [
      { role: "system", content: "be brief", extraFields: more().extraFields },
      {
        role: "user",
        name: "ada",
        content: [
          { type: "text", text: "what is this?", ...more() },
          { type: "text", text: "and that?" },
        ],
      },
      {
        role: "assistant",
        content: null,
        reasoning: [{ text: "hm", providerData: more().providerData }],
        toolCalls: [{ id: "1", name: "look", arguments: "{}", ...more() }],
        providerData,
      },
      { role: "tool", toolCallId: "1", toolName: "look", content: "a cat", isError: false },
    ],
    maxOutputTokens: 10,
    temperature: 1,
    topP: 1,
    topK: 2,
    presencePenalty: 0,
    frequencyPenalty: 0,
    seed: 1,
    stopSequences: ["stop"],
    reasoningEffort: "low",
    tools: [
      {
        name: "look",
        description: "looks",
        parameters: { type: "object" },
        strict: true,
        extraFields: more().extraFields,
      },
    ],
    toolChoice: { name: "look" },
    parallelToolCalls: true,
    responseFormat: {
      type: "json",
      schema: { type: "object" },
      name: "answer",
      description: "d",
      strict: true,
    },
    providerOptions: { toy: { option: [1, { two: null }] } },
    extraFields,
    timeouts: { connectMs: 1_000, firstChunkMs: 1_000, chunkMs: 1_000, totalMs: 5_000 },
    signal: new AbortController().signal,
  };
}
