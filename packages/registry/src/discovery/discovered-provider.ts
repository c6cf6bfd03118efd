import { ChatError, type ChatProvider, type ProviderCard } from "@fallthrough/core";
import { partLists, quote } from "@fallthrough/core/provider";
import type { Absence } from "./absence.ts";

/** Where a provider comes from, and why it was accepted. */
export interface ProviderSource {
  /** The name of the package. */
  readonly package: string;
  /** The version of the package. */
  readonly version: string;
  /** The folder of the package. */
  readonly path: string;
  /** Why this package was chosen. */
  readonly reason: string;
  /** Whether the provider is one of the application's own servers. @default false */
  readonly server?: boolean | undefined;
}

/** A provider whose package is imported when it is first asked. */
export interface DiscoveredProvider extends ChatProvider {
  /** The package that it comes from. */
  readonly source: ProviderSource;
  /** Why `auto` does not ask it now; the method itself is absent where it is always there. */
  readonly absence?: (() => Absence | undefined) | undefined;
  /** Imports the package and creates the provider; @throws `contract` where the package cannot */
  load(): Promise<ChatProvider>;
}

/** How the provider behind a card is made. */
export interface ProviderFactory {
  /** The URL of the package's module. */
  readonly entry: string;
  /** The export that makes the provider. */
  readonly name: string;
  /** The settings that it is called with. */
  readonly settings?: object | undefined;
}

/** A provider that runs no code of its package before the first call. */
export function createDiscoveredProvider(
  card: ProviderCard,
  source: ProviderSource,
  factory: ProviderFactory,
  absence?: () => Absence | undefined,
): DiscoveredProvider {
  let loading: Promise<ChatProvider> | undefined;

  function load(): Promise<ChatProvider> {
    loading ??= importProvider(card, source, factory);
    return loading;
  }

  return {
    ...card,
    source,
    ...(absence === undefined ? {} : { absence }),
    load,
    stream: (request) => partLists(async () => (await load()).stream(request)),
    async listModels(options) {
      const provider = await load();
      return provider.listModels?.(options) ?? [...provider.models];
    },
    async close() {
      const provider = await loading?.catch(() => undefined);
      await provider?.close?.();
    },
  };
}

async function importProvider(
  card: ProviderCard,
  source: ProviderSource,
  factory: ProviderFactory,
): Promise<ChatProvider> {
  const { id } = card;
  const fail = (problem: string, cause?: unknown) =>
    new ChatError("contract", `package ${quote(source.package)} ${problem}`, { provider: id, cause });

  let exported: Record<string, unknown>;
  try {
    exported = await import(factory.entry);
  } catch (cause) {
    throw fail(`could not be imported: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
  const create = exported[factory.name];
  if (typeof create !== "function") throw fail(`does not export the factory ${quote(factory.name)}`);
  let provider: ChatProvider;
  try {
    provider = factory.settings === undefined ? create() : create(factory.settings);
  } catch (cause) {
    if (cause instanceof ChatError) throw cause;
    throw fail(
      `could not create its provider: ${cause instanceof Error ? cause.message : String(cause)}`,
      cause,
    );
  }
  if (provider?.id !== id)
    throw fail(`created the provider ${quote(String(provider?.id))}, expected ${quote(id)}`);
  return provider;
}
