import type {
  AssistantMessage,
  JsonObject,
  ProviderData,
  ReasoningPart,
  StreamPart,
} from "@fallthrough/core";
import { fieldsOf } from "@fallthrough/core/provider";
import { markData, mergeData, readData } from "../../writer-mark.ts";

/** Gathers what only its writer understands, as the texts of a field that a client keeps with its message. */
export interface OpaqueGatherer {
  /** Takes each part, in order. */
  take(part: StreamPart): void;
  /** The field; none where there is nothing to keep. */
  format(): { readonly provider_data?: readonly string[] };
}

/** A gatherer for one answer. */
export function gatherOpaque(): OpaqueGatherer {
  const texts: string[] = [];
  /** What was thought since the last thought that was signed: what proves it holds for exactly this text. */
  let thought = "";

  function add(providerData: ProviderData | undefined, kind: string, more: JsonObject = {}): void {
    for (const [provider, data] of Object.entries(providerData ?? {})) {
      texts.push(markData(provider, { [kind]: data, ...more }));
    }
  }

  return {
    take(part) {
      if (part.type === "reasoning-delta") {
        thought += part.delta;
        if (part.providerData === undefined) return;
        add(part.providerData, "thought", { text: thought });
        thought = "";
      } else if (part.type === "tool-call") add(part.providerData, "call", { id: part.id });
      else if (part.type === "finish") add(part.providerData, "message");
    },
    format: () => (texts.length === 0 ? {} : { provider_data: texts }),
  };
}

/** The message of a client with what came back beside it; thoughts that are proved go before the same as plain text. */
export function readOpaque(
  { toolCalls = [], ...message }: AssistantMessage,
  thought: string,
  texts: unknown,
): AssistantMessage {
  const proved: ReasoningPart[] = [];
  const called = new Map<string, ProviderData>();
  let whole: ProviderData | undefined;
  for (const text of Array.isArray(texts) ? texts : []) {
    const [entry] = Object.entries(readData(text) ?? {});
    if (entry === undefined) continue;
    const [provider, fields] = entry;
    const { thought: data, call, message: own, text: words, id } = fields;
    const of = (value: unknown): ProviderData => ({ [provider]: fieldsOf(value) as JsonObject });
    if (data !== undefined) proved.push({ text: `${words ?? ""}`, providerData: of(data) });
    else if (call !== undefined) called.set(`${id}`, of(call));
    else if (own !== undefined) whole = mergeData(whole, of(own));
  }
  const reasoning = proved.length > 0 ? proved : thought === "" ? [] : [{ text: thought }];
  const calls = toolCalls.map((call) => {
    const providerData = called.get(call.id);
    return providerData === undefined ? call : { ...call, providerData };
  });
  return {
    ...message,
    ...(reasoning.length === 0 ? {} : { reasoning }),
    ...(calls.length === 0 ? {} : { toolCalls: calls }),
    ...(whole === undefined ? {} : { providerData: whole }),
  };
}
