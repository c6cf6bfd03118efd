import type { Exchange, HttpAnswer } from "./exchange-types.ts";

const encoder = new TextEncoder();

/** An exchange by the platform's own `Request` and `Response`. */
export function openWebExchange(request: Request): Exchange {
  return { request, answer: toResponse };
}

/** An answer as the platform's `Response`, which takes no blank text where the status allows no body. */
export function toResponse({ status, headers, body }: HttpAnswer): Response {
  if (typeof body === "string") return new Response(body === "" ? null : body, { status, headers });
  return new Response(toStream(body), { status, headers });
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
