/** What a stream of parts fails with. */
export async function failureOf(parts: AsyncIterable<unknown>): Promise<unknown> {
  try {
    for await (const _ of parts);
  } catch (error) {
    return error;
  }
  throw new Error("the stream did not fail");
}
