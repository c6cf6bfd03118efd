import { ChatError, type ChatRequest, type JsonObject, type ProviderSettings } from "@fallthrough/core";
import {
  createKey,
  createService,
  defineProvider,
  type ForwardedRequest,
  fieldsOf,
  fixedFieldWarnings,
  type GroupReader,
  type HttpProviderParts,
  type HttpResponse,
  type KeyForm,
  type PartSource,
  type ProviderFactory,
  type ProviderMethods,
  partLists,
  serviceMethods,
  singleFlight,
  type UsualModel,
  visibleHeaders,
  wishWarnings,
  withoutForeignFields,
} from "@fallthrough/core/provider";
import {
  type Answer,
  type AnswerSource,
  END_MARKER,
  endAnswer,
  openAnswer,
  readEvent,
  readWhole,
} from "./answer.ts";
import { type Dialect, FIXED_FIELDS, formatBody } from "./body.ts";
import { parseModels } from "./models.ts";
import { decoded, wholeEvents } from "./raw-text.ts";
import { responsesProtocol } from "./responses/protocol.ts";
import { CONCESSIONS } from "./wishes.ts";

const PATH = "/chat/completions";
const PROTOCOL = "chat-completions";
/** What this provider honours of a request. */
const KNOWN: Parameters<typeof wishWarnings>[2] = {
  honours: [
    "maxOutputTokens",
    "temperature",
    "topP",
    "topK",
    "presencePenalty",
    "frequencyPenalty",
    "seed",
    "stopSequences",
    "reasoningEffort",
    "toolChoice",
    "parallelToolCalls",
    "extraFields",
  ],
  options: ["extraBody"],
};
const KNOWN_WITHOUT_TOP_K: typeof KNOWN = {
  ...KNOWN,
  honours: KNOWN?.honours?.filter((wish) => wish !== "topK") ?? [],
};

const OWN_SETTINGS = {
  api: ["chat-completions", "responses"],
  apiKey: "key",
  apiKeyEnv: "string",
  apiKeyHeader: "string",
  apiKeyOptional: "boolean",
  defaultModel: "string",
  modelsPath: "string",
  maxCompletionTokens: "boolean",
  streamUsage: "boolean",
  jsonObject: "boolean",
  topK: "boolean",
  toolCallIdLength: "number",
  longestToolCallId: "number",
  reasoningField: ["reasoning_content", "reasoning"],
} as const;

/** The APIs of OpenAI in which one can chat. */
export type OpenAIApi = "chat-completions" | "responses";

/** The settings of `createOpenAI`, and of every factory that `defineOpenAICompatible` makes. */
export interface OpenAISettings extends ProviderSettings, Dialect {
  /** The API in which the server is asked. @default "chat-completions"; OpenAI's own server is asked as each model wants it */
  readonly api?: OpenAIApi | undefined;
  /** Sent as a bearer token. Of several, a chain asks with the one that has the most room. */
  readonly apiKey?: string | readonly string[] | undefined;
  /** The environment variable to read the key from. @default the provider's own; none with another `baseURL` */
  readonly apiKeyEnv?: string | undefined;
  /** The header that carries the key itself, where the server wants no bearer token. @default "authorization" */
  readonly apiKeyHeader?: string | undefined;
  /** The server answers without a key too, so that a missing one is no failure. @default false */
  readonly apiKeyOptional?: boolean | undefined;
  /** What is asked where the request names no model. @default the first of a server that needs no key */
  readonly defaultModel?: string | undefined;
  /** The path of the list of models, from the base URL. @default "/models" */
  readonly modelsPath?: string | undefined;
}

/** What there is to know about a server that speaks the chat completions API. */
export interface OpenAICompatible extends Dialect {
  /** The `package.json` with the card in its field `fallthrough`. */
  readonly manifest: { readonly fallthrough: unknown };
  /** With its path, `/v1` for example. */
  readonly baseURL: string;
  /** The environment variable that holds the key; absent where none is needed. */
  readonly apiKeyEnv?: string | undefined;
  /** The API in which this server has a model. @default "chat-completions" */
  readonly apiOf?: ((model: string) => OpenAIApi) | undefined;
}

/** Makes the factory of a provider whose server speaks OpenAI's chat completions API. */
export function defineOpenAICompatible(server: OpenAICompatible): ProviderFactory<OpenAISettings> {
  const { manifest, baseURL: origin } = server;
  return defineProvider({ manifest, origin, settings: OWN_SETTINGS }, (parts) =>
    createMethods(server, parts),
  );
}

function createMethods(server: OpenAICompatible, parts: HttpProviderParts<OpenAISettings>): ProviderMethods {
  const { card, http, settings } = parts;
  const { apiKeyHeader, apiKeyOptional } = settings;
  const variables = server.apiKeyEnv === undefined ? [] : [server.apiKeyEnv];
  const form: KeyForm = { variables, header: apiKeyHeader?.toLowerCase(), optional: apiKeyOptional };
  const key = createKey(settings, form, http);
  const what = `POST ${new URL(http.baseURL + PATH).pathname}`;
  const service = createService({ http, key, concessions: CONCESSIONS });
  const source: AnswerSource = { provider: card.id, what, fail: (failure) => service.fail(what, failure) };
  const isOwn = http.baseURL === server.baseURL;
  const given = dialectOf(isOwn ? server : withoutOwn(server), settings);
  const modelsPath = settings.modelsPath ?? "/models";
  let usualModel: string | undefined;

  const findModel = singleFlight(async (signal) => {
    const response = await service.send({ path: modelsPath, signal });
    const [model] = parseModels(await response.json());
    if (model !== undefined) return model.id;
    throw http.error("config", "GET /models lists no model to chat with, expected at least one");
  });

  const usual: UsualModel = {
    async choose(signal) {
      if (settings.defaultModel !== undefined) return settings.defaultModel;
      // the models behind a key have prices, and the first of hundreds is nobody's choice
      if (key.needed) {
        // report first what has to be set first
        key.header();
        throw http.error(
          "config",
          "the request names no model, expected one in it or in the setting `models`",
        );
      }
      usualModel ??= await findModel(signal);
      return usualModel;
    },
    forget() {
      usualModel = undefined;
    },
  };

  const responses = serviceMethods(parts, responsesProtocol({ key: form, modelsPath, usualModel: usual }));

  function apiOf(model: string | undefined): OpenAIApi {
    const own = isOwn && model !== undefined ? server.apiOf?.(model) : undefined;
    return settings.api ?? own ?? "chat-completions";
  }

  async function ask(body: JsonObject, signal: AbortSignal | undefined): Promise<HttpResponse> {
    try {
      return await service.ask(String(body["model"]), body, { path: PATH, signal });
    } catch (error) {
      if (error instanceof ChatError && error.code === "not-found") usual.forget();
      throw error;
    }
  }

  async function open(asked: ChatRequest): Promise<PartSource> {
    const { request, warnings } = withoutForeignFields(asked, PROTOCOL);
    const extraBody = request.providerOptions?.[card.id]?.["extraBody"];
    const model = request.model ?? (await usual.choose(request.signal));
    const dialect = { ...given, reasoningField: given.reasoningField ?? source.reasoningField };
    const target = { provider: card.id, model, dialect, extraBody: fieldsOf(extraBody) as JsonObject };
    const body = formatBody(request, target);
    const response = await ask(body, request.signal);
    const parts = [
      ...warnings,
      ...wishWarnings(card, request, given.topK ? KNOWN : KNOWN_WITHOUT_TOP_K),
      ...fixedFieldWarnings(FIXED_FIELDS, "extraBody", extraBody),
      ...fixedFieldWarnings(FIXED_FIELDS, "extraFields", request.extraFields),
      ...service.warnings(model, body),
    ];
    const answer = openAnswer(source, visibleHeaders(response.headers));
    const isStream = (await response.format()) === "events";
    if (isStream) return { groups: response.eventGroups(), read: readGroup(answer), before: parts };
    readWhole(answer, await response.json(), parts);
    endAnswer(answer, parts);
    return parts;
  }

  async function* forward({ path, body, stream, signal }: ForwardedRequest): AsyncGenerator<string, void> {
    const response = await service.send({ method: "POST", path, json: body, signal });
    const expected = stream ? "events" : "json";
    if ((await response.format()) !== expected) {
      throw http.error("protocol", `POST ${path} answered with another body, expected ${expected}`);
    }
    yield* stream ? wholeEvents(decoded(response.bytes())) : decoded(response.bytes());
  }

  return {
    listModels: responses.listModels,
    stream: (request) =>
      apiOf(request.model ?? settings.defaultModel) === "responses"
        ? responses.stream(request)
        : partLists(() => open(request)),
    forward,
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

/** What every server of the kind takes: what the provider's own server wants is not what every other one does. */
function withoutOwn({ maxCompletionTokens: _, longestToolCallId: __, ...server }: OpenAICompatible): Dialect {
  return server;
}

function dialectOf(server: Dialect, settings: OpenAISettings): Dialect {
  const {
    streamUsage = server.streamUsage,
    maxCompletionTokens = server.maxCompletionTokens,
    jsonObject = server.jsonObject,
    topK = server.topK,
    toolCallIdLength = server.toolCallIdLength,
    longestToolCallId = server.longestToolCallId,
    reasoningField = server.reasoningField,
  } = settings;
  const ids = { toolCallIdLength, longestToolCallId };
  return { streamUsage, maxCompletionTokens, jsonObject, topK, ...ids, reasoningField };
}
