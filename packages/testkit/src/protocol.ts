import { ChatError, type ChatRequest, type JsonObject } from "@fallthrough/core";
import {
  type AnswerDraft,
  AnswerEvents,
  type AnswerReader,
  type FormattedRequest,
  formatRequest,
  type RequestTarget,
  type ServerFailure,
  type ServiceProtocol,
  type Writer,
} from "@fallthrough/core/provider";

/** The half of a protocol that writes requests; where they are posted to is of no matter. */
export interface BodyProtocol extends Pick<ServiceProtocol, "wishes" | "toolCallIds"> {
  /** The fields of the body, without those of the wishes. */
  format(request: ChatRequest, target: RequestTarget): Omit<FormattedRequest, "path">;
}

/** What `serviceMethods` would send. */
export interface SentRequest {
  /** As JSON has it: without what is `undefined`. */
  readonly body: JsonObject;
  /** The words of each warning that a wish is not done as asked. */
  readonly adjusted: readonly string[];
}

/** A request as a protocol of `serviceMethods` sends it, without a server. */
export function formatFor(protocol: BodyProtocol, request: ChatRequest, target: RequestTarget): SentRequest {
  const format: ServiceProtocol["format"] = (asked, whom) => ({ path: "/", ...protocol.format(asked, whom) });
  const { body, adjusted } = formatRequest({ ...protocol, format }, request, target);
  return {
    body: JSON.parse(JSON.stringify(body)),
    adjusted: adjusted.flatMap((part) => (part.type === "warning" ? [part.message] : [])),
  };
}

/** The events of one answer for a reader of `serviceMethods`, without a server. The request had the id `req_1`. */
export function openAnswer(writer: Writer, read: (draft: AnswerDraft) => AnswerReader): AnswerEvents {
  const source = {
    ...writer,
    what: "POST /",
    headers: { "request-id": "req_1", "x-request-id": "req_1" },
    fail: ({ codeInside, words }: ServerFailure) => new ChatError(codeInside, words),
  };
  return new AnswerEvents(source, read);
}
