import { z } from "zod";

// what the standard asks of every object, written after its schema of 2026-04-24
// (github.com/openresponses/openresponses, schema/*.tsp); custom tools and their calls are OpenAI's own

const index = z.int().nonnegative();
const status = z.enum(["in_progress", "completed", "incomplete"]);
const mode = z.enum(["none", "auto", "required"]);

const citation = z.object({
  type: z.literal("url_citation"),
  url: z.string(),
  start_index: index,
  end_index: index,
  title: z.string(),
});
const part = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("output_text"),
    text: z.string(),
    annotations: z.array(citation),
    logprobs: z.array(z.never()).optional(),
  }),
  z.object({ type: z.literal("input_text"), text: z.string() }),
  z.object({ type: z.literal("summary_text"), text: z.string() }),
  z.object({ type: z.literal("reasoning_text"), text: z.string() }),
  z.object({ type: z.literal("refusal"), refusal: z.string() }),
]);

const item = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("message"),
    id: z.string().min(1),
    status,
    role: z.enum(["user", "assistant", "system", "developer"]),
    content: z.array(part),
    phase: z.enum(["commentary", "final_answer"]).optional(),
  }),
  z.object({
    type: z.literal("function_call"),
    id: z.string().min(1),
    call_id: z.string().min(1),
    name: z.string().min(1),
    arguments: z.string(),
    status,
  }),
  z.object({
    type: z.literal("reasoning"),
    id: z.string().min(1),
    content: z.array(part).optional(),
    summary: z.array(part),
    encrypted_content: z.string().optional(),
  }),
  z.object({ type: z.literal("compaction"), id: z.string().min(1), encrypted_content: z.string().min(1) }),
  z.object({
    type: z.literal("custom_tool_call"),
    id: z.string().min(1),
    call_id: z.string().min(1),
    name: z.string().min(1),
    input: z.string(),
  }),
]);

const usage = z.object({
  input_tokens: index,
  output_tokens: index,
  total_tokens: index,
  input_tokens_details: z.object({ cached_tokens: index }),
  output_tokens_details: z.object({ reasoning_tokens: index }),
});

const tool = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("function"),
    name: z.string(),
    description: z.string().nullable(),
    parameters: z.record(z.string(), z.unknown()).nullable(),
    strict: z.boolean().nullable(),
  }),
  z.object({ type: z.literal("custom"), name: z.string() }),
]);

const named = z.object({ type: z.enum(["function", "custom"]), name: z.string() });

/** A response object. */
export const response: z.ZodType = z.looseObject({
  id: z.string().min(1),
  object: z.literal("response"),
  created_at: z.int(),
  completed_at: z.int().nullable(),
  status: z.enum(["queued", "in_progress", "completed", "incomplete", "failed"]),
  incomplete_details: z.object({ reason: z.string() }).nullable(),
  model: z.string().min(1),
  previous_response_id: z.string().nullable(),
  instructions: z.string().nullable(),
  output: z.array(item),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  tools: z.array(tool),
  tool_choice: z.union([
    mode,
    named,
    z.object({ type: z.literal("allowed_tools"), tools: z.array(named), mode }),
  ]),
  truncation: z.enum(["auto", "disabled"]),
  parallel_tool_calls: z.boolean(),
  text: z.object({
    format: z.discriminatedUnion("type", [
      z.object({ type: z.literal("text") }),
      z.object({ type: z.literal("json_object") }),
      z.object({
        type: z.literal("json_schema"),
        name: z.string(),
        description: z.string().nullable(),
        schema: z.record(z.string(), z.unknown()).nullable(),
        strict: z.boolean(),
      }),
    ]),
    verbosity: z.enum(["low", "medium", "high"]).optional(),
  }),
  top_p: z.number(),
  presence_penalty: z.number(),
  frequency_penalty: z.number(),
  top_logprobs: z.int(),
  temperature: z.number(),
  reasoning: z
    .object({
      effort: z.enum(["none", "minimal", "low", "medium", "high", "xhigh"]).nullable(),
      summary: z.enum(["concise", "detailed", "auto"]).nullable(),
    })
    .nullable(),
  usage: usage.nullable(),
  max_output_tokens: z.int().nullable(),
  max_tool_calls: z.int().nullable(),
  store: z.boolean(),
  background: z.boolean(),
  service_tier: z.string(),
  metadata: z.record(z.string(), z.unknown()),
  safety_identifier: z.string().nullable(),
  prompt_cache_key: z.string().nullable(),
});

/** What a compaction gives. */
export const compaction: z.ZodType = z.object({
  id: z.string().min(1),
  object: z.literal("response.compaction"),
  created_at: z.int(),
  output: z.array(item).refine((items) => items.some(({ type }) => type === "compaction")),
  usage,
});

const errorPayload = z.object({
  type: z.string(),
  code: z.string().nullable(),
  message: z.string(),
  param: z.string().nullable(),
});

/** The body of an answer that tells of a failure. */
export const failure: z.ZodType = z.object({ error: errorPayload });

function event<Type extends string, Shape extends z.ZodRawShape>(type: Type, shape: Shape) {
  return z.object({ type: z.literal(type), sequence_number: index, ...shape });
}

const atItem = { item_id: z.string().min(1), output_index: index };
const atContent = { ...atItem, content_index: index };
const atSummary = { ...atItem, summary_index: index };

/** An event of a stream. */
export const streamEvent: z.ZodType = z.discriminatedUnion("type", [
  event("response.created", { response }),
  event("response.in_progress", { response }),
  event("response.completed", { response }),
  event("response.incomplete", { response }),
  event("response.failed", { response }),
  event("response.output_item.added", { output_index: index, item }),
  event("response.output_item.done", { output_index: index, item }),
  event("response.content_part.added", { ...atContent, part }),
  event("response.content_part.done", { ...atContent, part }),
  event("response.output_text.delta", { ...atContent, delta: z.string() }),
  event("response.output_text.done", { ...atContent, text: z.string() }),
  event("response.refusal.delta", { ...atContent, delta: z.string() }),
  event("response.refusal.done", { ...atContent, refusal: z.string() }),
  event("response.output_text.annotation.added", {
    ...atContent,
    annotation_index: index,
    annotation: citation,
  }),
  event("response.reasoning_summary_part.added", { ...atSummary, part }),
  event("response.reasoning_summary_part.done", { ...atSummary, part }),
  event("response.reasoning_summary_text.delta", { ...atSummary, delta: z.string() }),
  event("response.reasoning_summary_text.done", { ...atSummary, text: z.string() }),
  event("response.function_call_arguments.delta", { ...atItem, delta: z.string() }),
  event("response.function_call_arguments.done", { ...atItem, arguments: z.string() }),
  event("response.custom_tool_call_input.delta", { ...atItem, delta: z.string() }),
  event("response.custom_tool_call_input.done", { ...atItem, input: z.string() }),
  event("error", { error: errorPayload }),
]);

/** An item of an output, as far as tests look into it. */
interface OutputItem {
  readonly type: string;
  readonly id: string;
  readonly status?: string;
  readonly call_id?: string;
  readonly name?: string;
  readonly arguments?: string;
  readonly input?: string;
  readonly content?: readonly {
    readonly type: string;
    readonly text: string;
    readonly annotations: readonly object[];
  }[];
  readonly summary?: readonly { readonly text: string }[];
  readonly encrypted_content?: string;
}

/** A response object that holds to the standard. */
export interface ResponseObject {
  readonly id: string;
  readonly status: string;
  readonly model: string;
  readonly output: readonly OutputItem[];
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly incomplete_details: { readonly reason: string } | null;
  readonly usage: object | null;
  readonly store: boolean;
  readonly [name: string]: unknown;
}

/** An event that holds to the standard. */
export interface ResponseEvent {
  readonly type: string;
  readonly sequence_number: number;
  readonly output_index?: number;
  readonly item_id?: string;
  readonly item?: OutputItem;
  readonly response?: ResponseObject;
  readonly delta?: string;
  readonly text?: string;
  readonly arguments?: string;
  readonly input?: string;
  readonly error?: { readonly code: string; readonly message: string };
}
