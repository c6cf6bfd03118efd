import type { ModelObject } from "../../models.ts";
import { wrong } from "../../parse-fields.ts";

const DEFAULT_LIMIT = 20;
const MOST = 1_000;

/** A name that can be asked for, in Anthropic's shape. */
export function formatModel({ id, created }: ModelObject): object {
  return { type: "model", id, display_name: id, created_at: new Date(created * 1000).toISOString() };
}

/** The page of names that a query asks for; throws a refusal that names the field */
export function formatModelPage(models: readonly ModelObject[], query: URLSearchParams): object {
  const limit = readLimit(query.get("limit"));
  const after = query.get("after_id");
  const before = query.get("before_id");
  const start = after === null ? 0 : placeOf(models, after, "after_id") + 1;
  const end = before === null ? models.length : placeOf(models, before, "before_id");
  // a page before a name is the one that ends at it
  const first = before === null ? start : Math.max(start, end - limit);
  const page = models.slice(first, Math.min(end, first + limit));
  const hasMore = before === null ? first + limit < end : first > start;
  return {
    data: page.map(formatModel),
    has_more: hasMore,
    first_id: page[0]?.id ?? null,
    last_id: page.at(-1)?.id ?? null,
  };
}

function readLimit(text: string | null): number {
  if (text === null) return DEFAULT_LIMIT;
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST)
    throw wrong("limit", `a whole number from 1 to ${MOST}`);
  return limit;
}

function placeOf(models: readonly ModelObject[], name: string, param: string): number {
  const place = models.findIndex(({ id }) => id === name);
  if (place === -1) throw wrong(param, "the id of a model");
  return place;
}
