import type { ChatRequest, JsonObject, StreamPart } from "../contract/contract.ts";
import { fieldsOf } from "../parts/json.ts";
import { mergeFields } from "./merge-fields.ts";
import type { FormattedRequest, RequestTarget, ServiceProtocol } from "./service-protocol.ts";
import { withToolCallIds } from "./tool-call-ids.ts";
import { wishFields } from "./wish-fields.ts";

/** A request with the whole of its body. */
export interface WholeRequest extends Pick<FormattedRequest, "path" | "query"> {
  /** What is posted. */
  readonly body: JsonObject;
  /** The fields of the body that `extraBody` and `extraFields` cannot change. */
  readonly fixed: readonly string[];
  /** A warning for each wish that is not done as asked. */
  readonly adjusted: readonly StreamPart[];
}

/** A request as its protocol writes it, with the fields that the caller adds to the body. */
export function formatRequest(
  protocol: Pick<ServiceProtocol, "format" | "wishes" | "toolCallIds">,
  asked: ChatRequest,
  target: RequestTarget,
): WholeRequest {
  const { wishes, toolCallIds: form } = protocol;
  const request = form === undefined ? asked : { ...asked, messages: withToolCallIds(asked.messages, form) };
  const { path, query, fields, fixed, adjusted = [] } = protocol.format(request, target);
  const { extraFields = {}, providerOptions } = request;
  const extraBody = fieldsOf(providerOptions?.[target.provider]?.["extraBody"]) as JsonObject;
  const wished = wishFields(request, wishes, target.model);
  const own = mergeFields(wished.fields, fields);
  return {
    path,
    query,
    body: { ...mergeFields(mergeFields(own, extraFields), extraBody), ...fixed },
    fixed: Object.keys(fixed),
    adjusted: [...wished.adjusted, ...adjusted].map((message) => ({
      type: "warning",
      code: "adjusted",
      message,
    })),
  };
}
