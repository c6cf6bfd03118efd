import type {
  LanguageModelV3CallOptions,
  LanguageModelV3FunctionTool,
  SharedV3Warning,
} from "@ai-sdk/provider";
import type {
  ChainTimeouts,
  ChatRequest,
  JsonObject,
  ReasoningEffort,
  ToolDefinition,
  WireProtocol,
} from "@fallthrough/core";
import { isReasoningEffort, objectOf, parseInput } from "@fallthrough/core/internal";
import type { RegistryRequest } from "@fallthrough/registry";
import { cacheMark, readPrompt } from "./read-prompt.ts";

/** A call in the words of the contract, and what of it has none. */
export interface ReadCall {
  /** What the registry is asked. */
  readonly request: RegistryRequest;
  /** What could not be asked for. */
  readonly warnings: SharedV3Warning[];
}

/** What the AI SDK has no option for goes into `providerOptions.fallthrough`. */
interface OwnOptions {
  readonly reasoningEffort?: ReasoningEffort | undefined;
  readonly parallelToolCalls?: boolean | undefined;
  readonly extraFields?: JsonObject | undefined;
  readonly protocol?: WireProtocol | undefined;
  readonly timeouts?: ChainTimeouts | undefined;
}

// the registry checks the values with the rest of the request
const given = (value: unknown): never => value as never;
const parseOwn = objectOf<OwnOptions>({
  reasoningEffort: given,
  parallelToolCalls: given,
  extraFields: given,
  protocol: given,
  timeouts: given,
});
const OWN = { code: "bad-request", whole: "`providerOptions.fallthrough`", field: "option" } as const;

/** Reads a call; @throws `bad-request` for an option of ours that does not exist */
export function readCall(options: LanguageModelV3CallOptions, model: string): ReadCall {
  const warnings: SharedV3Warning[] = [];
  const { fallthrough, ...others } = options.providerOptions ?? {};
  const own = fallthrough === undefined ? {} : parseInput(fallthrough, parseOwn, OWN);
  const { tools, toolChoice, headers = {} } = options;
  const messages = readPrompt(options.prompt, (message) => void warnings.push({ type: "other", message }));
  const sent = Object.keys(headers).filter((name) => name.toLowerCase() !== "user-agent");
  if (sent.length > 0) {
    const details = `the providers of the chain have \`headers\` of their own, so ${sent.join(", ")} was left out`;
    warnings.push({ type: "unsupported", feature: "headers", details });
  }
  if (options.includeRawChunks) warnings.push({ type: "unsupported", feature: "includeRawChunks" });
  const request: RegistryRequest = {
    model,
    messages,
    maxOutputTokens: options.maxOutputTokens,
    temperature: options.temperature,
    topP: options.topP,
    topK: options.topK,
    presencePenalty: options.presencePenalty,
    frequencyPenalty: options.frequencyPenalty,
    seed: options.seed,
    stopSequences: options.stopSequences,
    reasoningEffort: readEffort(options, warnings),
    tools: tools && readTools(tools, warnings),
    toolChoice: toolChoice && readChoice(toolChoice),
    responseFormat: readFormat(options.responseFormat),
    providerOptions: Object.keys(others).length === 0 ? undefined : (others as Record<string, JsonObject>),
    signal: options.abortSignal,
    protocol: isMarked(options) ? "messages" : undefined,
    ...own,
  };
  return { request, warnings };
}

/** Newer versions of the AI SDK have a word for it, and hand it on to models of this version, too. */
function readEffort(
  options: LanguageModelV3CallOptions & { readonly reasoning?: unknown },
  warnings: SharedV3Warning[],
): ReasoningEffort | undefined {
  const { reasoning } = options;
  if (reasoning === undefined || reasoning === "provider-default") return undefined;
  if (isReasoningEffort(reasoning)) return reasoning;
  const most = reasoning === "max";
  warnings.push({
    type: most ? "compatibility" : "unsupported",
    feature: "reasoning",
    details: most ? '"max" is asked for as "xhigh"' : `the word ${JSON.stringify(reasoning)} is unknown`,
  });
  return most ? "xhigh" : undefined;
}

function readTools(
  tools: NonNullable<LanguageModelV3CallOptions["tools"]>,
  warnings: SharedV3Warning[],
): ToolDefinition[] | undefined {
  const functions = tools.filter((tool) => {
    if (tool.type === "function") return true;
    warnings.push({ type: "unsupported", feature: `the tool ${tool.id}, which a provider runs itself` });
    return false;
  }) as LanguageModelV3FunctionTool[];
  if (functions.length === 0) return undefined;
  return functions.map(({ name, description, inputSchema, strict, providerOptions }) => ({
    name,
    description,
    parameters: inputSchema as JsonObject,
    strict,
    ...cacheMark(providerOptions),
  }));
}

/** Whether there is a mark for a cache anywhere. */
function isMarked({ prompt, tools = [] }: LanguageModelV3CallOptions): boolean {
  const pieces = prompt.flatMap((message) =>
    typeof message.content === "string" ? [message] : [message, ...message.content],
  );
  return [...pieces, ...tools].some(
    (piece) => "providerOptions" in piece && cacheMark(piece.providerOptions).extraFields !== undefined,
  );
}

function readChoice(
  choice: NonNullable<LanguageModelV3CallOptions["toolChoice"]>,
): NonNullable<ChatRequest["toolChoice"]> {
  return choice.type === "tool" ? { name: choice.toolName } : choice.type;
}

function readFormat(format: LanguageModelV3CallOptions["responseFormat"]): ChatRequest["responseFormat"] {
  if (format?.type !== "json") return format;
  const { schema, name, description } = format;
  return { type: "json", schema: schema as JsonObject | undefined, name, description };
}
