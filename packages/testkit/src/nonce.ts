import { randomBytes } from "node:crypto";
import type { SiteRequest } from "./site.ts";

/** The nonce that a WordPress gives to every guest. */
export interface Nonce {
  readonly value: string;
  /** Whether the request may pass; one that is asked to find its nonce expired renews it. */
  accepts(sent: string | undefined, request: SiteRequest): boolean;
}

/** A nonce of ten lower-case hexadecimal digits, as WordPress makes them. */
export function createNonce(): Nonce {
  let value = fresh();
  return {
    get value() {
      return value;
    },
    accepts: (sent, request) => {
      if (request.once("expired-nonce")) value = fresh();
      return sent === value;
    },
  };
}

function fresh(): string {
  return randomBytes(5).toString("hex");
}
