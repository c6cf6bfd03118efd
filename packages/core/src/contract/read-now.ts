/**
 * Reads now what came from outside, so that nothing that happens to it later changes what was read.
 *
 * The result gives the value; @throws what is wrong with it, as often as it is asked
 */
export function readNow<Value>(read: () => Value): () => Value {
  try {
    const value = read();
    return () => value;
  } catch (reason) {
    return () => {
      throw reason;
    };
  }
}
