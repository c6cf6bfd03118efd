import type { ChatRequest, JsonObject, WireProtocol } from "../contract/contract.ts";
import type { HttpRequest } from "../http/types.ts";
import type { AnswerDraft } from "./answer-draft.ts";
import type { AnswerReader } from "./answer-events.ts";
import type { Concession } from "./concessions.ts";
import type { KeyForm } from "./key.ts";
import type { ModelPage } from "./model-page.ts";
import type { Writer } from "./own-data.ts";
import type { ToolCallIdForm } from "./tool-call-ids.ts";
import type { WishTable } from "./wish-fields.ts";

/** Whom a request is for. */
export interface RequestTarget extends Writer {
  /** The model that is asked. */
  readonly model: string;
}

/** A request as the wire has it. */
export interface FormattedRequest {
  /** Where it is posted to. */
  readonly path: string;
  /** The fields of the query. */
  readonly query?: HttpRequest["query"];
  /** Fields of the body beside those of the wishes. `extraFields` and `extraBody` go over both. */
  readonly fields: JsonObject;
  /** Fields of the body that nobody can change: the rest of the call relies on them. */
  readonly fixed: JsonObject;
  /** What is done in another way than asked, in words. */
  readonly adjusted?: readonly string[] | undefined;
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
  /** The field below the provider's id in which answers keep what only their server understands. @default none: it stands under the id itself */
  readonly note?: string | undefined;
  /** The wishes that it has a field for. */
  readonly wishes: WishTable;
  /** The ids of calls that its servers take; others are replaced. @default any */
  readonly toolCallIds?: ToolCallIdForm | undefined;
  /** What its servers may refuse of a body. */
  readonly concessions: readonly Concession[];
  /** What is asked where the request names no model. @default a failure that says that it has to */
  readonly usualModel?: UsualModel | undefined;
  /** The request for this model. */
  format(request: ChatRequest, target: RequestTarget): FormattedRequest;
  /** The reader of an answer of which nothing has come. */
  read(draft: AnswerDraft): AnswerReader;
  /** The request for a page of models. */
  askModels(next: string | undefined): HttpRequest;
  /** One page of models; @throws `protocol` for any other value */
  readModels(value: unknown): ModelPage;
}
