import type { Item } from "./items.ts";

/** What is remembered of a response. */
export interface RememberedResponse {
  /** Its id. */
  readonly id: string;
  /** The response that it went on from. */
  readonly previousId?: string | undefined;
  /** What was new in its request. */
  readonly input: readonly Item[];
  /** What was answered. */
  readonly output: readonly Item[];
  /** The whole of it, as JSON text. */
  readonly response: string;
}

/** Finds what is remembered; each caller finds its own alone. */
export interface MemoryReader {
  /** The item of an answer; `undefined` where it is gone. */
  findItem(caller: string, id: string): Item | undefined;
  /** A response; `undefined` where it is gone. */
  findResponse(caller: string, id: string): RememberedResponse | undefined;
}

/** Remembers responses for a while. */
export interface ResponseMemory extends MemoryReader {
  /** Remembers a response. */
  remember(caller: string, response: RememberedResponse): void;
  /** Forgets a response. */
  forget(caller: string, id: string): void;
}

/** How much is remembered. */
export interface MemoryLimits {
  /** Milliseconds since a response was given out or went on. */
  readonly ms: number;
  /** Items of all responses together. */
  readonly items: number;
  /** Characters of all items together, roughly. */
  readonly characters: number;
}

/** Items that a server remembers for all of its callers, and a connection for itself. */
export const ITEMS_AT_MOST = 1_000;
/** Characters of them, because an item may be an image of some megabytes. */
export const CHARACTERS_AT_MOST: number = 64 * 1024 * 1024;

interface Entry extends RememberedResponse {
  readonly key: string;
  readonly caller: string;
  readonly size: number;
  usedAt: number;
}

/** A memory that is empty; the least used goes first. */
export function createResponseMemory({
  ms,
  items: most,
  characters: mostCharacters,
}: MemoryLimits): ResponseMemory {
  /** In the order of their use. */
  const entries = new Map<string, Entry>();
  const owners = new Map<string, { readonly entry: Entry; readonly item: Item }>();
  let count = 0;
  let characters = 0;

  function drop(entry: Entry): void {
    if (!entries.delete(entry.key)) return;
    count -= entry.input.length + entry.output.length;
    characters -= entry.size;
    for (const { id } of entry.output) owners.delete(keyOf(entry.caller, id));
  }

  /** Drops what is too old, and then the least used until the rest fits. */
  function prune(): void {
    const oldest = performance.now() - ms;
    for (const entry of entries.values()) {
      if (entry.usedAt >= oldest && count <= most && characters <= mostCharacters) return;
      drop(entry);
    }
  }

  function use(entry: Entry): void {
    entries.delete(entry.key);
    entries.set(entry.key, entry);
    entry.usedAt = performance.now();
  }

  return {
    findItem(caller, id) {
      prune();
      const owner = owners.get(keyOf(caller, id));
      if (owner !== undefined) use(owner.entry);
      return owner?.item;
    },

    findResponse(caller, id) {
      prune();
      const entry = entries.get(keyOf(caller, id));
      if (entry !== undefined) use(entry);
      return entry;
    },

    remember(caller, response) {
      const { id, input, output } = response;
      const size = sizeOf(input) + response.response.length;
      const entry = { ...response, key: keyOf(caller, id), caller, size, usedAt: performance.now() };
      entries.set(entry.key, entry);
      for (const item of output) owners.set(keyOf(caller, item["id"]), { entry, item });
      count += input.length + output.length;
      characters += size;
      prune();
    },

    forget(caller, id) {
      const entry = entries.get(keyOf(caller, id));
      if (entry !== undefined) drop(entry);
    },
  };
}

/** What is found in one memory, or else in the other. */
export function readBoth(first: MemoryReader, second: MemoryReader): MemoryReader {
  return {
    findItem: (caller, id) => first.findItem(caller, id) ?? second.findItem(caller, id),
    findResponse: (caller, id) => first.findResponse(caller, id) ?? second.findResponse(caller, id),
  };
}

/** The items of a conversation up to the end of a response, oldest first; `undefined` where any of it is gone. */
export function findConversation(
  memory: MemoryReader,
  caller: string,
  id: string,
): readonly Item[] | undefined {
  const turns: RememberedResponse[] = [];
  // those before are used after those that go on from them, and so are kept longer
  for (let next: string | undefined = id; next !== undefined; next = turns[0]?.previousId) {
    const found = memory.findResponse(caller, next);
    if (found === undefined) return undefined;
    turns.unshift(found);
  }
  return turns.flatMap(({ input, output }) => [...input, ...output]);
}

function keyOf(caller: string, id: unknown): string {
  return `${caller}\n${id}`;
}

/** Characters of all texts in a value. */
function sizeOf(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 0;
  let size = 0;
  for (const one of Object.values(value)) size += sizeOf(one);
  return size;
}
