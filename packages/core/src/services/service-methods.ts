import type {
  ChatRequest,
  JsonObject,
  ModelCard,
  ResponseFacts,
  StreamPart,
  WireProtocol,
} from "../contract/contract.ts";
import { withoutForeignFields } from "../contract/foreign-fields.ts";
import { wishWarnings } from "../contract/requirements.ts";
import type { ProviderSettings } from "../contract/settings.ts";
import type { HttpProviderParts, ProviderMethods } from "../define/define-provider.ts";
import { ChatError } from "../errors/chat-error.ts";
import type { HttpRequest, HttpResponse } from "../http/types.ts";
import { fieldsOf, parseJson } from "../parts/json.ts";
import { type GroupReader, type PartSource, partLists } from "../parts/part-lists.ts";
import type { ServerSentEvent } from "../parts/sse.ts";
import type { Concession } from "./concessions.ts";
import { createKey, type KeyForm, type KeySettings } from "./key.ts";
import { explainServerError, parseFailure, type ServerFailure } from "./server-failure.ts";
import { createService, fixedFieldWarnings } from "./service.ts";
import { visibleHeaders } from "./visible-headers.ts";

/** The settings of every provider of a hosted service. */
export interface ServiceSettings extends ProviderSettings, Pick<KeySettings, "apiKey" | "apiKeyEnv"> {}

/** Where an answer comes from. */
export interface AnswerSource {
  /** The provider's id: what only this server understands is kept under it. */
  readonly provider: string;
  /** The request as messages name it. */
  readonly what: string;
  /** The headers of the answer that may be shown. */
  readonly headers: ResponseFacts["headers"];
  /** Makes the error for a failure that the server tells of inside the answer. */
  fail(failure: ServerFailure): ChatError;
}

/** Reads one answer. What it throws is the failure that the answer turns out to be. */
export interface AnswerReader {
  /** Adds the parts that one event gives; gives whether it ended the answer. Never called for an event named "error". */
  readEvent(event: ServerSentEvent, parts: StreamPart[]): boolean;
  /** Adds the parts of an answer that came as one JSON value. */
  readWhole(value: unknown, parts: StreamPart[]): void;
  /** Adds the parts that end an answer whose stream has ended: for protocols without an end marker. */
  endStream?(parts: StreamPart[]): void;
}

/** A request as the wire has it. */
export interface FormattedRequest {
  /** Where it is posted to. */
  readonly path: string;
  /** The fields of the query. */
  readonly query?: Readonly<Record<string, string>> | undefined;
  /** What is posted. */
  readonly body: JsonObject;
  /** What was asked and is not done as asked. */
  readonly warnings?: readonly StreamPart[] | undefined;
}

/** One page of a list of models. */
export interface ModelPage {
  /** The models of the page. */
  readonly models: readonly ModelCard[];
  /** What asks for the next page; `undefined` on the last one. */
  readonly next?: string | undefined;
}

/** The model of requests that name none. */
export interface UsualModel {
  /** Its name; the server may be asked for it. */
  choose(signal: AbortSignal | undefined): Promise<string>;
  /** Called where the server does not know a model, because that may be this one. */
  forget(): void;
}

/** The protocol of a hosted service. */
export interface ServiceProtocol {
  /** Its name: extra fields of another one are left out. */
  readonly name: WireProtocol;
  /** How it shows a key. */
  readonly key: KeyForm;
  /** What this provider honours of a request. */
  readonly known: Parameters<typeof wishWarnings>[2];
  /** The fields of the body that neither `extraBody` nor `extraFields` can change. */
  readonly fixed: readonly string[];
  /** What its servers may refuse of a body. */
  readonly concessions: readonly Concession[];
  /** What is asked where the request names no model. @default a failure that says that it has to */
  readonly usualModel?: UsualModel | undefined;
  /** The request for this model; `extraBody` goes over its fields. */
  format(request: ChatRequest, model: string, extraBody: JsonObject): FormattedRequest;
  /** The reader of an answer of which nothing has come. */
  read(source: AnswerSource): AnswerReader;
  /** The request for a page of models. */
  askModels(next: string | undefined): HttpRequest;
  /** One page of models; @throws `protocol` for any other value */
  readModels(value: unknown): ModelPage;
}

/** A server that goes on and on with its pages has not that many models. */
const MOST_PAGES = 50;

/** What a provider does whose service speaks this protocol. */
export function serviceMethods(
  { card, http, settings }: HttpProviderParts<ServiceSettings>,
  protocol: ServiceProtocol,
): ProviderMethods {
  const { known, fixed, concessions, usualModel } = protocol;
  const key = createKey(settings, protocol.key, http);
  const service = createService({ http, key, concessions });

  async function listModels(
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<ModelCard[]> {
    const models: ModelCard[] = [];
    let next: string | undefined;
    for (let page = 0; page < MOST_PAGES; page++) {
      const response = await service.send({ ...protocol.askModels(next), signal: options.signal });
      const read = protocol.readModels(await response.json());
      models.push(...read.models);
      if (read.next === undefined || read.next === next) break;
      next = read.next;
    }
    return models;
  }

  async function chooseModel(signal: AbortSignal | undefined): Promise<string> {
    if (usualModel !== undefined) return await usualModel.choose(signal);
    // what has to be set first is told first
    key.header();
    throw http.error("config", "the request names no model, expected one in it or in the setting `models`");
  }

  async function ask(...request: Parameters<typeof service.ask>): Promise<HttpResponse> {
    try {
      return await service.ask(...request);
    } catch (error) {
      if (error instanceof ChatError && error.code === "not-found") usualModel?.forget();
      throw error;
    }
  }

  async function open(asked: ChatRequest): Promise<PartSource> {
    const { request, warnings: foreign } = withoutForeignFields(asked, protocol.name);
    const model = request.model ?? (await chooseModel(request.signal));
    const extraBody = request.providerOptions?.[card.id]?.["extraBody"];
    const {
      path,
      query,
      body,
      warnings = [],
    } = protocol.format(request, model, fieldsOf(extraBody) as JsonObject);
    const response = await ask(model, body, { path, query, signal: request.signal });
    const parts = [
      ...wishWarnings(card, request, known),
      ...foreign,
      ...warnings,
      ...fixedFieldWarnings(fixed, "extraBody", extraBody),
      ...fixedFieldWarnings(fixed, "extraFields", request.extraFields),
      ...service.warnings(model, body),
    ];
    const what = `POST ${new URL(http.baseURL + path).pathname}`;
    const source: AnswerSource = {
      provider: card.id,
      what,
      headers: visibleHeaders(response.headers),
      fail: (failure) => service.fail(what, failure),
    };
    const reader = protocol.read(source);
    const isStream = (await response.format()) === "events";
    if (isStream) return { groups: response.eventGroups(), read: readGroup(reader, source), before: parts };
    reader.readWhole(await response.json(), parts);
    return parts;
  }

  return { listModels, stream: (request) => partLists(() => open(request)) };
}

function readGroup(reader: AnswerReader, source: AnswerSource): GroupReader {
  return (events, parts) => {
    if (events === undefined) {
      reader.endStream?.(parts);
      return true;
    }
    return events.some((event) => {
      if (event.event === "error") throw source.fail(failureOf(event, source.what));
      return reader.readEvent(event, parts);
    });
  };
}

/** An event of this name is a failure, whatever it holds. */
function failureOf({ data }: ServerSentEvent, what: string): ServerFailure {
  const value = data === "" ? undefined : parseJson(data, what);
  return parseFailure(value) ?? explainServerError(fieldsOf(value));
}
