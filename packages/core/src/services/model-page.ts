import type { ModelCard } from "../contract/contract.ts";
import { ChatError } from "../errors/chat-error.ts";
import { type Fields, fieldsOf, textOf } from "../parts/json.ts";

/** One page of a list of models. */
export interface ModelPage {
  /** The models of the page. */
  readonly models: readonly ModelCard[];
  /** What asks for the next page; `undefined` on the last one. */
  readonly next?: string | undefined;
}

/** How a protocol writes a page of models. Core checks what it reads from it. */
export interface ModelPageForm {
  /** The field with the list. */
  readonly list: string;
  /** A page without models has no list. @default false */
  readonly optional?: boolean | undefined;
  /** The id and the tokens of the window of one model; `undefined` for one that does not chat. */
  model(fields: Fields): { readonly id: unknown; readonly contextWindow?: unknown } | undefined;
  /** What asks for the next page. @default there is one page */
  next?(fields: Fields): unknown;
}

/** Reads a page of models. What has no id is left out, and so is a window that is no number. @throws `protocol` for a value without the list */
export function readModelPage(value: unknown, form: ModelPageForm): ModelPage {
  const fields = fieldsOf(value);
  const isBlank = form.optional === true && fields === value && fields[form.list] === undefined;
  const list = isBlank ? [] : fields[form.list];
  if (!Array.isArray(list)) {
    throw new ChatError("protocol", `the page of models holds no list, expected \`${form.list}\``);
  }
  const models = list.flatMap((item: unknown): ModelCard[] => {
    const { id, contextWindow: size } = form.model(fieldsOf(item)) ?? {};
    if (textOf(id) === "") return [];
    return [
      typeof size === "number" && size > 0 ? { id: textOf(id), contextWindow: size } : { id: textOf(id) },
    ];
  });
  return { models, next: textOf(form.next?.(fields)) || undefined };
}
