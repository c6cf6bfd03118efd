/** What a request is refused for before anybody is asked, or ended for by the gateway itself. */
export interface RefusalDetails {
  /** For programs. @default "invalid_request" */
  readonly code?: string | undefined;
  /** The field of the body that is wrong. */
  readonly param?: string | undefined;
  readonly retryAfterMs?: number | undefined;
}

/** The gateway's own answer to a request that it does not hand on. */
export class Refusal extends Error {
  override readonly name: string = "Refusal";
  readonly status: number;
  readonly code: string;
  readonly param?: string | undefined;
  readonly retryAfterMs?: number | undefined;

  constructor(status: number, message: string, details: RefusalDetails = {}) {
    super(message);
    this.status = status;
    this.code = details.code ?? "invalid_request";
    this.param = details.param;
    this.retryAfterMs = details.retryAfterMs;
  }
}
