/** What the gateway reads of a request; the platform's `Request` is one. */
export interface HttpRequest {
  /** The method. */
  readonly method: string;
  /** The path with its query. */
  readonly url: string;
  /** The headers, with lower-case names. */
  readonly headers: Pick<Headers, "get">;
  /** The body, not read yet. */
  readonly body: AsyncIterable<Uint8Array> | null;
  /** Aborted when the client leaves. */
  readonly signal: AbortSignal;
}

/** What the gateway answers, whatever server it runs in. */
export interface HttpAnswer {
  /** The HTTP status. */
  readonly status: number;
  /** The headers. */
  readonly headers: Readonly<Record<string, string>>;
  /** The whole, or pieces that are asked for only as the client takes them. */
  readonly body: string | AsyncIterableIterator<string, undefined>;
}

/** One request and its way back, whatever server the gateway runs in. */
export interface Exchange {
  /** What the client sent. */
  readonly request: HttpRequest;
  /** Sends the answer; what it gives is for Hono to return. */
  answer(answer: HttpAnswer): Response | Promise<Response>;
}

/** The head of an answer. */
type AnswerHead = Partial<Omit<HttpAnswer, "body">>;

/** An answer of one JSON value. */
export function jsonAnswer(value: unknown, head?: AnswerHead): HttpAnswer {
  return jsonTextAnswer(JSON.stringify(value), head);
}

/** An answer of one JSON value that is rendered already. */
export function jsonTextAnswer(body: string, { status = 200, headers = {} }: AnswerHead = {}): HttpAnswer {
  return { status, headers: { "content-type": "application/json", ...headers }, body };
}
