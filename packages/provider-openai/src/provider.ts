import {
  ChatError,
  type ChatProvider,
  type ChatRequest,
  type JsonObject,
  type ModelCard,
  type ProviderSettings,
  type StreamPart,
} from "@fallthrough/core";
import {
  createHttpClient,
  type FailedAnswer,
  type FailureNote,
  fieldsOf,
  type GroupReader,
  type HttpRequest,
  type HttpResponse,
  type PartSource,
  partLists,
  providerCard,
  singleFlight,
  wishWarnings,
} from "@fallthrough/core/provider";
import { type Answer, END_MARKER, endAnswer, openAnswer, readEvent, readWhole } from "./answer.ts";
import { type Dialect, FIXED_FIELDS, formatBody } from "./body.ts";
import { parseFailureBody, type ServerFailure } from "./failure.ts";
import { createKey } from "./key.ts";
import { firstChatModel, parseModels } from "./models.ts";

const PATH = "/chat/completions";
/** What this provider honours of a request. */
const KNOWN: Parameters<typeof wishWarnings>[2] = {
  honours: ["maxOutputTokens", "temperature", "topP", "seed", "stopSequences", "toolChoice"],
  options: ["extraBody"],
};

/** The settings of `createOpenAI`, and of every factory that `defineOpenAICompatible` makes. */
export interface OpenAISettings extends ProviderSettings, Dialect {
  /** Sent as a bearer token. */
  readonly apiKey?: string | undefined;
  /** The environment variable to read the key from. @default the provider's own; none with another `baseURL` */
  readonly apiKeyEnv?: string | undefined;
}

/** What there is to know about a server that speaks the chat completions API. */
export interface OpenAICompatible extends Dialect {
  /** The `package.json` with the card in its field `fallthrough`. */
  readonly manifest: { readonly fallthrough: unknown };
  /** With its path, `/v1` for example. */
  readonly baseURL: string;
  /** The environment variable that holds the key; absent where none is needed. */
  readonly apiKeyEnv?: string | undefined;
}

/** Makes the factory of a provider whose server speaks OpenAI's chat completions API. */
export function defineOpenAICompatible(
  server: OpenAICompatible,
): (settings?: OpenAISettings) => ChatProvider {
  return (settings = {}) => createProvider(server, settings);
}

function createProvider(server: OpenAICompatible, settings: OpenAISettings): ChatProvider {
  const card = providerCard(server.manifest, settings);
  const http = createHttpClient({ provider: card.id, origin: server.baseURL }, settings);
  const key = createKey(settings, server.apiKeyEnv, http);
  const what = `POST ${new URL(http.baseURL + PATH).pathname}`;
  const source = { what, fail };
  const { maxCompletionTokens = server.maxCompletionTokens, jsonObject = server.jsonObject } = settings;
  let streamUsage = settings.streamUsage ?? server.streamUsage ?? true;
  let usualModel: string | undefined;

  function send(request: HttpRequest): Promise<HttpResponse> {
    return http({ recognise, ...request, headers: key.header() });
  }

  function recognise({ status, body }: FailedAnswer): ChatError | FailureNote | undefined {
    const failure = parseFailureBody(body);
    return failure !== undefined && status < 300 ? fail(failure) : failure;
  }

  function ask(request: ChatRequest, model: string, extraBody: JsonObject): Promise<HttpResponse> {
    const { signal } = request;
    const dialect = { streamUsage, maxCompletionTokens, jsonObject };
    const asked = { method: "POST", path: PATH, signal } as const;
    const body = formatBody(request, model, dialect, extraBody);
    let usageRejected = false;

    function recogniseUsage(answer: FailedAnswer): ReturnType<typeof recognise> {
      usageRejected = dialect.streamUsage && rejectsUsage(answer);
      return recognise(answer);
    }

    return send({ ...asked, body, recognise: recogniseUsage }).catch((error) => {
      if (error instanceof ChatError && error.code === "not-found") usualModel = undefined;
      if (!usageRejected) throw error;
      streamUsage = false;
      const { stream_options: _, ...plain } = body;
      return send({ ...asked, body: plain });
    });
  }

  async function listModels(
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<ModelCard[]> {
    const response = await send({ path: "/models", signal: options.signal });
    return parseModels(await response.json());
  }

  const findModel = singleFlight(async (signal) => {
    const model = firstChatModel(await listModels({ signal }));
    if (model !== undefined) return model.id;
    throw http.error("config", "GET /models lists no model to chat with, expected at least one");
  });

  async function chooseModel(signal: AbortSignal | undefined): Promise<string> {
    // the models behind a key have prices, and the first of hundreds is nobody's choice
    if (key.needed) {
      // what has to be set first is told first
      key.header();
      throw http.error("config", "the request names no model, expected one in it or in the setting `models`");
    }
    usualModel ??= await findModel(signal);
    return usualModel;
  }

  /** A failure that the server tells of inside an answer with a success status. */
  function fail({ codeInside, words }: ServerFailure): ChatError {
    return http.error(codeInside, `${what} answered with an error${words && `, saying ${words}`}`);
  }

  async function open(request: ChatRequest): Promise<PartSource> {
    const extraBody = request.providerOptions?.[card.id]?.["extraBody"];
    const fields = fieldsOf(extraBody) as JsonObject;
    const wishes = wishWarnings(card, request, KNOWN);
    const warnings = extraBody === undefined ? wishes : [...wishes, ...fixedFieldWarnings(fields)];
    const model = request.model ?? (await chooseModel(request.signal));
    const response = await ask(request, model, fields);
    const answer = openAnswer(source);
    const isStream = (await response.format()) === "events";
    if (isStream) return { groups: response.eventGroups(), read: readGroup(answer), before: warnings };
    const parts = [...warnings];
    readWhole(answer, await response.json(), parts);
    endAnswer(answer, parts);
    return parts;
  }

  return {
    ...card,
    listModels,
    stream: (request) => partLists(() => open(request)),
    close: () => http.close(),
  };
}

function readGroup(answer: Answer): GroupReader {
  return (events, parts) => {
    for (const event of events ?? []) {
      if (event.data === END_MARKER) {
        endAnswer(answer, parts);
        return true;
      }
      readEvent(answer, event, parts);
    }
    if (events === undefined && answer.reason !== undefined) endAnswer(answer, parts);
    return events === undefined;
  };
}

function fixedFieldWarnings(extraBody: JsonObject): StreamPart[] {
  const fields = FIXED_FIELDS.filter((name) => Object.hasOwn(extraBody, name));
  return fields.map((field) => ({
    type: "warning",
    code: "unsupported",
    message: `\`extraBody\` cannot change \`${field}\``,
  }));
}

/** Servers name the field that they do not know in words of their own. */
function rejectsUsage({ status, body }: FailedAnswer): boolean {
  return (status === 400 || status === 422) && body.includes("stream_options");
}
