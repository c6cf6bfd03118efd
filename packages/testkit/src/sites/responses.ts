import { createHash } from "node:crypto";
import { type AnswerTo, splitAnswer } from "../answer.ts";
import { isObject } from "../json-body.ts";
import { jsonReply, type Reply } from "../reply.ts";
import { createResponseEvents } from "./response-events.ts";

type Fields = Record<string, unknown>;

/** A request that the server refuses, in its words. */
export interface Refused {
  /** What is wrong. */
  readonly message: string;
  /** The field that it is about. */
  readonly param: string;
  /** The server's name for it. */
  readonly code?: string | undefined;
}

/** How one response is asked for. */
export interface ResponseRequest {
  /** The body, with a model that is known. */
  readonly body: Fields;
  /** Whether the answer is to have nothing in it. */
  readonly isEmpty: boolean;
}

const DELTAS = 6;
const CREATED = 1735689600;
const USAGE = {
  input_tokens: 7,
  input_tokens_details: { cached_tokens: 2 },
  output_tokens: 11,
  output_tokens_details: { reasoning_tokens: 3 },
  total_tokens: 18,
};
const FIELDS: readonly string[] = [
  ..."model input instructions stream stream_options max_output_tokens temperature top_p tools".split(" "),
  ..."tool_choice parallel_tool_calls text reasoning store include metadata truncation".split(" "),
  ..."service_tier user safety_identifier prompt_cache_key previous_response_id background".split(" "),
];
const THINKING = /^(?:o\d|gpt-5)/;
const ENCRYPTED = "reasoning.encrypted_content";

/**
 * One answer of OpenAI's Responses API that keeps nothing; synthetic, after the public reference.
 *
 * With tools it calls each of them, and answers once it has the results. Its thoughts are encrypted. It refuses one
 * that it did not write or that nothing follows, a call without its result and a result without its call.
 */
export function createResponses(
  answerTo: AnswerTo,
): (request: ResponseRequest) => Reply | { readonly refused: Refused } {
  // nobody else can write a thought of this run
  const secret = answerTo("the secret of the thoughts");

  function encrypt(id: unknown): string {
    return createHash("sha256").update(`${secret} ${id}`).digest("base64");
  }

  return ({ body, isEmpty }) => {
    const refused = problemOf(body) ?? problemOfItems(itemsOf(body["input"]), encrypt);
    if (refused !== undefined) return { refused };
    const items = itemsOf(body["input"]);
    const question = questionOf(items);
    const model = String(body["model"]);
    const turn = items.length;
    const output: Fields[] = [];
    if (THINKING.test(model)) output.push(thoughtAbout(question, `rs_${turn}`, body, encrypt));
    const { tools } = body;
    if (isEmpty) {
      // nothing but a thought
    } else if (Array.isArray(tools) && items.at(-1)?.["type"] !== "function_call_output") {
      output.push(...tools.filter(isObject).map((tool, index) => callOf(tool, question, `${turn}-${index}`)));
    } else {
      output.push(messageOf(answerTo(question), `msg_${turn}`));
    }
    return body["stream"] === true ? streamed(model, output) : whole(model, output);
  };
}

function problemOf(body: Fields): Refused | undefined {
  const unknown = Object.keys(body).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined) {
    return { message: `Unknown parameter: '${unknown}'.`, param: unknown, code: "unknown_parameter" };
  }
  const { model, include, reasoning, tools, input, store } = body;
  if (typeof input !== "string" && !(Array.isArray(input) && input.length > 0)) {
    return { message: "Missing required parameter: 'input'.", param: "input" };
  }
  if (store !== false) return { message: "This stand-in keeps no responses.", param: "store" };
  if (!THINKING.test(String(model))) {
    if (Array.isArray(include) && include.includes(ENCRYPTED)) {
      return { message: "Encrypted content is not supported with this model.", param: "include" };
    }
    if (reasoning !== undefined) {
      const param = "reasoning.effort";
      const message = `Unsupported parameter: '${param}' is not supported with this model.`;
      return { message, param, code: "unsupported_parameter" };
    }
  }
  const nameless = (Array.isArray(tools) ? tools : []).findIndex(
    (tool) => !isObject(tool) || typeof tool["name"] !== "string",
  );
  if (nameless === -1) return undefined;
  const param = `tools[${nameless}].name`;
  return { message: `Missing required parameter: '${param}'.`, param, code: "missing_required_parameter" };
}

function problemOfItems(items: readonly Fields[], encrypt: (id: unknown) => string): Refused | undefined {
  const calls = new Set<unknown>();
  const answered = new Set<unknown>();
  for (const [index, item] of items.entries()) {
    const param = `input[${index}]`;
    const { type = "message", id, encrypted_content, summary, call_id } = item;
    switch (type) {
      case "message":
        break;
      case "reasoning": {
        if (!Array.isArray(summary))
          return { message: `Missing required parameter: '${param}.summary'.`, param };
        if (encrypted_content !== encrypt(id)) {
          const message = `The encrypted content for item ${String(id)} could not be verified.`;
          return { message, param, code: "invalid_encrypted_content" };
        }
        const { type: next, role } = items[index + 1] ?? {};
        if (next !== "function_call" && next !== "reasoning" && role !== "assistant") {
          const what = `Item '${String(id)}' of type 'reasoning' was provided`;
          return { message: `${what} without its required following item.`, param };
        }
        break;
      }
      case "function_call":
        calls.add(call_id);
        break;
      case "function_call_output":
        if (!calls.has(call_id)) {
          const message = `No tool call found for function call output with call_id ${String(call_id)}.`;
          return { message, param };
        }
        answered.add(call_id);
        break;
      default:
        return {
          message: `Invalid value: '${String(type)}'.`,
          param: `${param}.type`,
          code: "invalid_value",
        };
    }
  }
  const open = [...calls].find((id) => !answered.has(id));
  return open === undefined
    ? undefined
    : { message: `No tool output found for function call ${String(open)}.`, param: "input" };
}

function itemsOf(input: unknown): readonly Fields[] {
  return Array.isArray(input) ? input.filter(isObject) : [{ role: "user", content: input }];
}

/** The last text of the person. */
function questionOf(items: readonly Fields[]): string {
  const { content } = items.findLast(({ role }) => role === "user") ?? {};
  if (!Array.isArray(content)) return String(content ?? "");
  return content
    .filter(isObject)
    .map(({ text }) => text ?? "")
    .join("");
}

function thoughtAbout(question: string, id: string, body: Fields, encrypt: (id: unknown) => string): Fields {
  const { reasoning, include } = body;
  const isTold = isObject(reasoning) && reasoning["summary"] !== undefined;
  const summary = isTold
    ? [{ type: "summary_text", text: `The question has ${question.length} characters.` }]
    : [];
  const isEncrypted = Array.isArray(include) && include.includes(ENCRYPTED);
  return { id, type: "reasoning", summary, ...(isEncrypted ? { encrypted_content: encrypt(id) } : {}) };
}

function callOf({ name }: Fields, question: string, id: string): Fields {
  const call = { call_id: `call_${id}`, name, arguments: JSON.stringify({ question }) };
  return { id: `fc_${id}`, type: "function_call", status: "completed", ...call };
}

function messageOf(text: string, id: string): Fields {
  const content = [{ type: "output_text", text, annotations: [], logprobs: [] }];
  return { id, type: "message", status: "completed", role: "assistant", content };
}

function responseOf(model: string, output: readonly Fields[], status: string): Fields {
  return {
    id: "resp_1",
    object: "response",
    created_at: CREATED,
    status,
    error: null,
    incomplete_details: null,
    instructions: null,
    metadata: {},
    model,
    output,
    parallel_tool_calls: true,
    store: false,
    temperature: 1,
    tool_choice: "auto",
    tools: [],
    top_p: 1,
    usage: status === "completed" ? USAGE : null,
  };
}

function whole(model: string, output: readonly Fields[]): Reply {
  return { ...jsonReply(responseOf(model, output, "completed")), cutAfter: 1 };
}

function streamed(model: string, output: readonly Fields[]): Reply {
  const events = createResponseEvents();
  const begun = responseOf(model, [], "in_progress");
  events.add("response.created", { response: begun });
  events.add("response.in_progress", { response: begun });
  for (const item of output) events.addItem(item, (text) => splitAnswer(text, DELTAS));
  events.add("response.completed", { response: responseOf(model, output, "completed") });
  return {
    status: 200,
    fields: [
      ["Content-Type", "text/event-stream; charset=utf-8"],
      ["x-request-id", "req_1"],
    ],
    chunks: events.list.map((event) =>
      Buffer.from(`event: ${String(event["type"])}\ndata: ${JSON.stringify(event)}\n\n`),
    ),
    // behind half of the deltas: five events stand behind the last of them
    cutAfter: events.list.length - 4 - DELTAS / 2,
  };
}
