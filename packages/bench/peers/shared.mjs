/** What every adapter asks, as `src/client.ts` has it for ours. */
export const PROMPT = "Why is the sky blue?";
export const MODEL = "bench-model";
/** A key that no server of the bench reads, because some clients start with none. */
export const KEY = "bench-key";

/** The text of AI SDK stream parts, which a model's `doStream` gives through a web stream. */
export async function* textOfParts(stream) {
  for await (const part of stream) {
    if (part.type === "text-delta") yield part.delta;
    // a failure is a part like any other, and the stream ends well after it
    if (part.type === "error") throw part.error;
  }
}
