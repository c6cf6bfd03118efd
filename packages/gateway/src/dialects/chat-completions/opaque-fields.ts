import type { JsonObject, JsonValue, ProviderData, ReasoningPart } from "@fallthrough/core";
import { fieldsOf } from "@fallthrough/core/provider";
import { markData, markTexts, mergeData, readData, readMarks } from "../../writer-mark.ts";

/** The fields of a message or a tool call that carry what only the provider that wrote them understands. */
export interface OpaqueFields {
  /** Of Gemini and those that follow it. */
  readonly extra_content?: JsonObject;
  /** Of OpenRouter and those that follow it. */
  readonly reasoning_details?: readonly JsonValue[];
}

/** What was read of such fields. */
export interface ReadOpaqueFields {
  /** What came back to its writer. */
  readonly providerData?: ProviderData | undefined;
  /** What nobody is known to have written. */
  readonly extraFields?: JsonObject | undefined;
  /** The thoughts whose writer put something beside them. */
  readonly reasoning?: readonly ReasoningPart[] | undefined;
}

/** What is opaque within `reasoning_details`; the rest is text for people. */
const OPAQUE_DETAILS: ReadonlySet<string> = new Set(["data", "signature", "encrypted_content"]);
/** The `format` of a detail that holds what has no place of its own in this dialect. */
const OWN_FORMAT = "fallthrough";
/** The key of `extra_content` for the same. */
const OWN_CONTENT = "fallthrough";

/** What a message carries; every text that is opaque has the mark of its writer. */
export function formatMessageData(providerData: ProviderData | undefined): OpaqueFields {
  if (providerData === undefined) return {};
  const content: Record<string, JsonValue> = {};
  const details: JsonValue[] = [];
  for (const [provider, data] of Object.entries(providerData)) {
    const { extra_content, reasoning_details, ...rest } = data;
    Object.assign(content, markContent(provider, extra_content));
    if (Array.isArray(reasoning_details)) {
      details.push(...reasoning_details.map((detail) => markDetail(provider, detail)));
    }
    if (Object.keys(rest).length > 0) {
      details.push({ type: "reasoning.encrypted", format: OWN_FORMAT, data: markData(provider, rest) });
    }
  }
  return {
    ...(Object.keys(content).length === 0 ? {} : { extra_content: content }),
    ...(details.length === 0 ? {} : { reasoning_details: details }),
  };
}

/** A thought with what its writer put beside it: a signature holds for exactly this text. */
export function formatThought(text: string, providerData: ProviderData): OpaqueFields {
  const details = Object.entries(providerData).map(([provider, data]) => ({
    type: "reasoning.text",
    format: OWN_FORMAT,
    text,
    signature: markData(provider, data),
  }));
  return { reasoning_details: details };
}

/** The fields of both. */
export function joinOpaqueFields(one: OpaqueFields, other: OpaqueFields): OpaqueFields {
  const details = [...(one.reasoning_details ?? []), ...(other.reasoning_details ?? [])];
  return { ...one, ...other, ...(details.length === 0 ? {} : { reasoning_details: details }) };
}

/** What a tool call carries. */
export function formatCallData(providerData: ProviderData | undefined): Pick<OpaqueFields, "extra_content"> {
  if (providerData === undefined) return {};
  const content: Record<string, JsonValue> = {};
  for (const [provider, { extra_content, ...rest }] of Object.entries(providerData)) {
    Object.assign(content, markContent(provider, extra_content));
    if (Object.keys(rest).length > 0) content[OWN_CONTENT] = { data: markData(provider, rest) };
  }
  return Object.keys(content).length === 0 ? {} : { extra_content: content };
}

/** What a message or a tool call of a client carries, each value for its writer. */
export function readOpaqueFields(content: unknown, details: unknown): ReadOpaqueFields {
  const { [OWN_CONTENT]: own, ...given } = fieldsOf(content) as JsonObject;
  const called = readMarks(given);
  const listed = readDetails(Array.isArray(details) ? details : []);
  let providerData = mergeData(readData(fieldsOf(own)["data"]), listed.providerData);
  const extraFields: Record<string, JsonValue | undefined> = { ...listed.extraFields };
  if (Object.keys(given).length > 0) {
    if (called.provider === undefined) extraFields["extra_content"] = given;
    else providerData = mergeData(providerData, { [called.provider]: { extra_content: called.value } });
  }
  return {
    ...(providerData === undefined ? {} : { providerData }),
    ...(Object.keys(extraFields).length === 0 ? {} : { extraFields }),
    ...(listed.reasoning === undefined ? {} : { reasoning: listed.reasoning }),
  };
}

function readDetails(details: readonly JsonValue[]): ReadOpaqueFields {
  let own: ProviderData | undefined;
  const thoughts: ReasoningPart[] = [];
  const others: JsonValue[] = [];
  for (const detail of details) {
    const { format, data, text, signature } = fieldsOf(detail);
    if (format !== OWN_FORMAT) others.push(detail);
    else if (typeof text === "string") thoughts.push({ text, providerData: readData(signature) });
    else own = mergeData(own, readData(data));
  }
  const reasoning = thoughts.length === 0 ? undefined : thoughts;
  if (others.length === 0) return { providerData: own, reasoning };
  const { provider, value } = readMarks(others);
  if (provider === undefined) {
    return { providerData: own, reasoning, extraFields: { reasoning_details: others } };
  }
  const written = { [provider]: { reasoning_details: withoutBlankIds(value) } };
  return { providerData: mergeData(own, written), reasoning };
}

function markContent(provider: string, content: JsonValue | undefined): JsonObject {
  return content === undefined ? {} : (fieldsOf(markTexts(provider, content)) as JsonObject);
}

/** A detail with its opaque texts marked; one that has none has the mark in its id, or else nobody could tell its writer. */
function markDetail(provider: string, detail: JsonValue): JsonValue {
  const marked = markTexts(provider, detail, (name) => OPAQUE_DETAILS.has(name));
  const { provider: writer } = readMarks(marked);
  if (writer !== undefined || typeof detail !== "object" || detail === null) return marked;
  const { id } = detail as JsonObject;
  return { ...(detail as JsonObject), id: markTexts(provider, typeof id === "string" ? id : "") };
}

/** An id that was put in for the mark alone goes with it. */
function withoutBlankIds(details: JsonValue): JsonValue {
  return (details as readonly JsonValue[]).map((detail) => {
    if (typeof detail !== "object" || detail === null || (detail as JsonObject)["id"] !== "") return detail;
    const { id: _, ...rest } = detail as JsonObject;
    return rest;
  });
}
