import { createHash } from "node:crypto";
import { type AnswerTo, splitAnswer } from "../answer.ts";
import { isObject, readJsonObject } from "../json-body.ts";
import { jsonReply, type Reply } from "../reply.ts";
import type { Site, SiteRequest } from "../site.ts";

/** How the stand-in for Gemini is set up. */
export interface GeminiSiteOptions {
  /** What `x-goog-api-key` must be. @default any is taken */
  readonly apiKey?: string | undefined;
  /** What can be asked. @default a model that signs its calls, and an older one that does not */
  readonly models?: readonly string[] | undefined;
}

type Fields = Record<string, unknown>;
type Sign = (text: unknown) => string;

const DELTAS = 6;
const PAGE = 1;
const USAGE = {
  promptTokenCount: 7,
  cachedContentTokenCount: 2,
  candidatesTokenCount: 8,
  thoughtsTokenCount: 3,
  totalTokenCount: 18,
};
const FIELDS: readonly string[] =
  "contents systemInstruction tools toolConfig generationConfig safetySettings cachedContent".split(" ");
/** Neither signs its calls nor gives them ids, and thinks with a number of tokens. */
const OLDER = /2\.5/;
/** What the documentation of the API lets stand for the signature of a call that another model made. */
const NO_SIGNATURE = "skip_thought_signature_validator";

/**
 * The protocol of Gemini's `generateContent`; synthetic, after the public reference.
 *
 * With tools it thinks, calls each of them, and answers once it has the results. It refuses a call of the turn that is
 * not signed, a signature that is not its own, and results that are not in the order of the calls.
 */
export function createGeminiSite(answerTo: AnswerTo, options: GeminiSiteOptions = {}): Site {
  const { apiKey, models = ["gemini-3-flash", "gemini-2.5-flash"] } = options;
  // nobody else can sign anything in this run
  const secret = answerTo("the secret of the signatures");

  function sign(text: unknown): string {
    return createHash("sha256").update(`${secret} ${text}`).digest("base64");
  }

  function complete(request: SiteRequest, model: string, isStream: boolean): Reply {
    const body = readJsonObject(request);
    if (!body) return refusal("Invalid JSON payload received.");
    if (!models.includes(model)) return failure(404, "NOT_FOUND", `models/${model} is not found`);
    const problem = problemOf(body, model, sign);
    if (problem !== undefined) return refusal(problem);
    const contents = body["contents"] as readonly Fields[];
    const results = partsOf(contents.at(-1)).some(({ functionResponse }) => functionResponse !== undefined);
    const question = questionOf(contents);
    const parts: Fields[] = [];
    if (thinks(body)) parts.push({ text: `The question has ${question.length} characters.`, thought: true });
    if (request.behaviour === "empty") {
      // nothing but the end
    } else if (Array.isArray(body["tools"]) && !results) {
      parts.push(...callsOf(body["tools"], question, model, contents.length, sign));
    } else {
      parts.push(...splitAnswer(answerTo(question), DELTAS).map((text) => ({ text })));
      // the signature of an answer comes behind its text
      if (!OLDER.test(model)) parts.push({ text: "", thoughtSignature: sign(answerTo(question)) });
    }
    return isStream && request.url.searchParams.get("alt") === "sse"
      ? streamed(model, parts)
      : whole(model, parts, isStream);
  }

  function list(url: URL): Reply {
    const start = Number(url.searchParams.get("pageToken") ?? 0);
    const page = models.slice(start, start + PAGE).map((id) => ({
      name: `models/${id}`,
      displayName: id,
      inputTokenLimit: 1_048_576,
      supportedGenerationMethods: ["generateContent", "countTokens"],
    }));
    const more = start + PAGE < models.length ? { nextPageToken: String(start + PAGE) } : {};
    return jsonReply({ models: page, ...more });
  }

  return {
    serverError: failure(503, "UNAVAILABLE", "The model is overloaded. Please try again later."),
    rateLimit: failure(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota.", [
      { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "30s" },
    ]),
    answer: (request) => {
      const { pathname, searchParams } = request.url;
      if (searchParams.has("key")) return refusal("The key has to stand in the header `x-goog-api-key`.");
      if (apiKey !== undefined && request.headers["x-goog-api-key"] !== apiKey) {
        return failure(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", [
          { "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "API_KEY_INVALID" },
        ]);
      }
      if (request.method === "GET" && /^\/v1(?:beta)?\/models$/.test(pathname)) return list(request.url);
      const [, model, method] =
        /^\/v1(?:beta)?\/models\/([^/]+):(generateContent|streamGenerateContent)$/.exec(pathname) ?? [];
      if (request.method !== "POST" || model === undefined) return failure(404, "NOT_FOUND", "Not Found");
      return complete(request, model, method === "streamGenerateContent");
    },
  };
}

function thinks({ generationConfig }: Fields): boolean {
  const config = isObject(generationConfig) ? generationConfig["thinkingConfig"] : undefined;
  return isObject(config) && config["includeThoughts"] === true;
}

/** Of calls that are made at once only the first is signed. */
function callsOf(
  tools: unknown,
  question: string,
  model: string,
  turn: number,
  sign: Sign,
): readonly Fields[] {
  const declared = (Array.isArray(tools) ? tools.filter(isObject) : []).flatMap(({ functionDeclarations }) =>
    Array.isArray(functionDeclarations) ? functionDeclarations.filter(isObject) : [],
  );
  return declared.map(({ name }, index) => {
    const functionCall = { name, args: { question } };
    if (OLDER.test(model)) return { functionCall };
    const call = { functionCall: { id: `fc-${turn}-${index}`, ...functionCall } };
    return index === 0 ? { ...call, thoughtSignature: sign(name) } : call;
  });
}

function problemOf(body: Fields, model: string, sign: Sign): string | undefined {
  const unknown = Object.keys(body).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined) {
    return `Invalid JSON payload received. Unknown name "${unknown}": Cannot find field.`;
  }
  const { contents, generationConfig } = body;
  if (!Array.isArray(contents) || contents.length === 0) return "contents is not specified";
  const config = isObject(generationConfig) ? generationConfig["thinkingConfig"] : undefined;
  if (isObject(config)) {
    const isOlder = OLDER.test(model);
    if (isOlder && config["thinkingLevel"] !== undefined) {
      return "Thinking level is not supported for this model.";
    }
    if (!isOlder && config["thinkingLevel"] !== undefined && config["thinkingBudget"] !== undefined) {
      return "You can only set only one of thinking budget and thinking level.";
    }
  }
  return problemOfContents(contents, model, sign);
}

function problemOfContents(contents: readonly unknown[], model: string, sign: Sign): string | undefined {
  const turnStart = contents.findLastIndex((content) =>
    partsOf(content).some(
      ({ text }) => isObject(content) && content["role"] === "user" && text !== undefined,
    ),
  );
  let asked: readonly Fields[] = [];
  for (const [index, content] of contents.entries()) {
    const parts = partsOf(content);
    const role = isObject(content) ? content["role"] : undefined;
    if (parts.length === 0) return `contents[${index}].parts must not be empty`;
    if (role !== (index % 2 === 0 ? "user" : "model")) return "roles must alternate between user and model";
    const answered = valuesOf(parts, "functionResponse");
    if (
      asked.length > 0 &&
      String(answered.map(({ name }) => name)) !== String(asked.map(({ name }) => name))
    ) {
      return "the number and the order of function response parts must be those of the function call parts";
    }
    if (answered.some(({ id }, place) => id !== undefined && id !== asked[place]?.["id"])) {
      return "the id of a function response is that of no function call";
    }
    asked = valuesOf(parts, "functionCall");
    const foreign = parts.find(({ thoughtSignature, functionCall, text }) => {
      if (thoughtSignature === undefined || thoughtSignature === NO_SIGNATURE) return false;
      const whole = parts.map((part) => (part["thought"] === true ? "" : (part["text"] ?? ""))).join("");
      return thoughtSignature !== sign(isObject(functionCall) ? functionCall["name"] : text || whole);
    });
    if (foreign !== undefined) return "Corrupted thought signature.";
    const [first] = parts.filter(({ functionCall }) => functionCall !== undefined);
    if (first === undefined || OLDER.test(model) || index < turnStart) continue;
    if (first["thoughtSignature"] === undefined) {
      return "Function call is missing a thought_signature in functionCall parts.";
    }
  }
  return undefined;
}

function partsOf(content: unknown): readonly Fields[] {
  return isObject(content) && Array.isArray(content["parts"]) ? content["parts"].filter(isObject) : [];
}

function valuesOf(parts: readonly Fields[], name: string): readonly Fields[] {
  return parts.map((part) => part[name]).filter(isObject);
}

/** The last text of the person. */
function questionOf(contents: readonly Fields[]): string {
  const texts = contents
    .filter(({ role }) => role === "user")
    .flatMap(partsOf)
    .filter(({ text }) => text !== undefined);
  return String(texts.at(-1)?.["text"] ?? "");
}

function pieceOf(model: string, parts: readonly Fields[], isLast: boolean): Fields {
  const content = { role: "model", parts };
  const candidate = isLast ? { content, finishReason: "STOP", index: 0 } : { content, index: 0 };
  const usageMetadata = isLast ? USAGE : { promptTokenCount: 7, totalTokenCount: 7 };
  return { candidates: [candidate], usageMetadata, modelVersion: model, responseId: "response-1" };
}

/** Without `alt=sse` a stream is one list. */
function whole(model: string, parts: readonly Fields[], isList: boolean): Reply {
  const piece = pieceOf(model, parts, true);
  return { ...jsonReply(isList ? [piece] : piece), cutAfter: 1 };
}

function streamed(model: string, parts: readonly Fields[]): Reply {
  const pieces = parts.length === 0 ? [[]] : parts.map((part) => [part]);
  const events = pieces.map((piece, index) => pieceOf(model, piece, index === pieces.length - 1));
  return {
    status: 200,
    fields: [["Content-Type", "text/event-stream"]],
    chunks: events.map((event) => Buffer.from(`data: ${JSON.stringify(event)}\r\n\r\n`)),
    cutAfter: Math.ceil(events.length / 2),
  };
}

function refusal(message: string): Reply {
  return failure(400, "INVALID_ARGUMENT", message);
}

function failure(code: number, status: string, message: string, details: readonly Fields[] = []): Reply {
  return jsonReply({ error: { code, message, status, ...(details.length === 0 ? {} : { details }) } }, code);
}
