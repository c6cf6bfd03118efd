/** What a request is refused for before anybody is asked, or ended for by the gateway itself. */
export interface RefusalDetails {
  /** For programs. @default "invalid_request" */
  readonly code?: string | undefined;
  /** The field of the body that is wrong. */
  readonly param?: string | undefined;
  /** Milliseconds for the header `Retry-After`. */
  readonly retryAfterMs?: number | undefined;
}

/** The gateway's own answer to a request that it does not hand on. */
export class Refusal extends Error {
  /** Always `Refusal`. */
  override readonly name: string = "Refusal";
  /** The HTTP status. */
  readonly status: number;
  /** The code in the answer. */
  readonly code: string;
  /** The field of the request that is wrong. */
  readonly param?: string | undefined;
  /** Milliseconds for the header `Retry-After`. */
  readonly retryAfterMs?: number | undefined;

  constructor(status: number, message: string, details: RefusalDetails = {}) {
    super(message);
    this.status = status;
    this.code = details.code ?? "invalid_request";
    this.param = details.param;
    this.retryAfterMs = details.retryAfterMs;
  }
}
