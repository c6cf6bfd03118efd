import type { JsonObject, JsonValue } from "../contract/contract.ts";

/** The value in the place of another one; `undefined` leaves it out. */
type Change = (value: JsonValue) => JsonValue | undefined;

/**
 * The body with each value at this path changed; `undefined` where nothing changes.
 *
 * The names of a path are separated by dots, and `*` is each item of a list: `tools.*.strict`. An object in which
 * nothing is left goes, too.
 */
export function changeAt(body: JsonObject, path: string, change: Change): JsonObject | undefined {
  const changed = changeIn(body, path.split("."), change);
  return changed === body ? undefined : ((changed ?? {}) as JsonObject);
}

function changeIn(
  value: JsonValue,
  [name, ...rest]: readonly string[],
  change: Change,
): JsonValue | undefined {
  if (name === undefined) return change(value);
  if (Array.isArray(value)) return name === "*" ? changeItems(value, rest, change) : value;
  if (typeof value !== "object" || value === null) return value;
  const { [name]: known, ...others } = value as JsonObject;
  if (known === undefined) return value;
  const changed = changeIn(known, rest, change);
  if (changed === known) return value;
  if (changed !== undefined) return { ...value, [name]: changed };
  return Object.keys(others).length === 0 ? undefined : others;
}

function changeItems(list: readonly JsonValue[], path: readonly string[], change: Change): JsonValue {
  const items = list.map((item) => changeIn(item, path, change));
  if (items.every((item, index) => item === list[index])) return list;
  return items.filter((item) => item !== undefined);
}
