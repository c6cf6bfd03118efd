import type { HttpAnswer } from "./http.ts";

const encoder = new TextEncoder();

/** An answer as the platform's `Response`. */
export function toResponse({ status, headers, body }: HttpAnswer, { method }: Request): Response {
  if (typeof body !== "string") return new Response(toStream(body), { status, headers });
  return new Response(method === "HEAD" ? null : body, { status, headers });
}

function toStream(pieces: AsyncIterableIterator<string, undefined>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await pieces.next();
        if (done) controller.close();
        else controller.enqueue(encoder.encode(value));
      },
      async cancel() {
        await pieces.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}
