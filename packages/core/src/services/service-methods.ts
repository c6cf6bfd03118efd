import type { ChatRequest, ModelCard } from "../contract/contract.ts";
import { withoutForeignFields } from "../contract/foreign-fields.ts";
import { type Wish, wishWarnings } from "../contract/requirements.ts";
import type { ProviderSettings } from "../contract/settings.ts";
import type { HttpProviderParts, ProviderMethods } from "../define/define-provider.ts";
import { ChatError } from "../errors/chat-error.ts";
import type { HttpResponse } from "../http/types.ts";
import { type GroupReader, type PartSource, partLists } from "../parts/part-lists.ts";
import { AnswerEvents } from "./answer-events.ts";
import { formatRequest } from "./format-request.ts";
import { createKey, type KeySettings } from "./key.ts";
import type { ServerFailure } from "./server-failure.ts";
import { createService, fixedFieldWarnings } from "./service.ts";
import type { ServiceProtocol } from "./service-protocol.ts";
import { visibleHeaders } from "./visible-headers.ts";

/** The settings of every provider of a hosted service. */
export interface ServiceSettings extends ProviderSettings, Pick<KeySettings, "apiKey" | "apiKeyEnv"> {}

/** A server that goes on and on with its pages has not that many models. */
const MOST_PAGES = 50;

/** What a provider does whose service speaks this protocol. */
export function serviceMethods(
  { card, http, settings }: HttpProviderParts<ServiceSettings>,
  protocol: ServiceProtocol,
): ProviderMethods {
  const { note, wishes, concessions, usualModel } = protocol;
  const honours = [...(Object.keys(wishes) as Wish[]), "extraFields" as const];
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
    // report first what has to be set first
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
    const writer = { provider: card.id, note };
    const extraBody = request.providerOptions?.[card.id]?.["extraBody"];
    const { path, query, body, fixed, adjusted } = formatRequest(protocol, request, { ...writer, model });
    const response = await ask(model, body, { path, query, signal: request.signal });
    const parts = [
      ...wishWarnings(card, request, { honours, options: ["extraBody"] }),
      ...foreign,
      ...adjusted,
      ...fixedFieldWarnings(fixed, "extraBody", extraBody),
      ...fixedFieldWarnings(fixed, "extraFields", request.extraFields),
      ...service.warnings(model, body),
    ];
    const what = `POST ${new URL(http.baseURL + path).pathname}`;
    const headers = visibleHeaders(response.headers);
    const source = {
      ...writer,
      what,
      headers,
      fail: (failure: ServerFailure) => service.fail(what, failure),
    };
    const events = new AnswerEvents(source, protocol.read);
    const isStream = (await response.format()) === "events";
    if (isStream) return { groups: response.eventGroups(), read: readGroup(events), before: parts };
    events.readWhole(await response.json(), parts);
    return parts;
  }

  return { listModels, stream: (request) => partLists(() => open(request)) };
}

function readGroup(answer: AnswerEvents): GroupReader {
  return (events, parts) => {
    if (events !== undefined) return events.some((event) => answer.readEvent(event, parts));
    answer.endStream(parts);
    return true;
  };
}
