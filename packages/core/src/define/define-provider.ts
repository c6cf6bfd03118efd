import { createCard, parseManifest } from "../contract/card.ts";
import type { ChatProvider, ProviderCard } from "../contract/contract.ts";
import { type OwnSettings, type SettingKinds, settingsParser } from "../contract/parse-settings.ts";
import type { CommonSettings, ProviderSettings } from "../contract/settings.ts";
import { createHttpClient } from "../http/client/client.ts";
import type { HttpClient, HttpClientDefaults } from "../http/types.ts";
import { FORWARD, type Forward } from "./forward.ts";

/** What a provider is made from, whatever it speaks. */
export interface ProviderDefinition<Kinds extends SettingKinds> {
  /** The package's `package.json`, with the card in its field `fallthrough`. */
  readonly manifest: {
    /** The card. */
    readonly fallthrough: unknown;
  };
  /** The settings of the provider's own: name to kind. @default none */
  readonly settings?: Kinds | undefined;
}

/** What a provider is made from that speaks HTTP. */
export interface HttpProviderDefinition<Kinds extends SettingKinds> extends ProviderDefinition<Kinds> {
  /** The default base URL, with its path if it has one. */
  readonly origin: string;
  /** Sent with every request; a function where they name the server itself. @default none */
  readonly headers?: HttpClientDefaults["headers"];
}

type AnyDefinition = ProviderDefinition<SettingKinds> & {
  readonly origin?: string | undefined;
  readonly headers?: HttpClientDefaults["headers"];
};

/** What a provider works with. */
export interface ProviderParts<Settings> {
  /** The card of this instance. */
  readonly card: ProviderCard;
  /** The settings of this instance, checked. */
  readonly settings: Settings;
}

/** What a provider works with that speaks HTTP. */
export interface HttpProviderParts<Settings> extends ProviderParts<Settings> {
  /** Sends requests to the server of this instance. */
  readonly http: HttpClient;
}

/** What a provider adds to its card: its protocol. `close` is for what it opened itself; the HTTP client closes alone. */
export interface ProviderMethods extends Pick<ChatProvider, "stream" | "listModels" | "close"> {
  /** Passes on what is no chat: embeddings and completions, unread. @default nothing is passed on */
  readonly forward?: Forward | undefined;
}

/** A provider that a factory made, which can always be closed. */
export interface ProviderInstance extends ChatProvider {
  /** Closes the connections and forgets the session of this instance. */
  close(): Promise<void>;
  /** The same, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Creates an instance; @throws `config` that names the setting, what it holds and what would be right */
export type ProviderFactory<Settings> = (settings?: Settings) => ProviderInstance;

/**
 * Makes the factory of a provider: card, settings, HTTP client and closing are done, and only the protocol is left.
 *
 * Without an `origin` the provider speaks something else, and takes none of the settings of HTTP.
 *
 * @example
 * export const createToy = defineProvider(
 *   { manifest, origin: "https://toy.example", settings: { apiKey: "string", mode: ["fast", "deep"] } },
 *   ({ card, http, settings }) => ({ async *stream(request) { … } }),
 * );
 */
export function defineProvider<const Kinds extends SettingKinds = Record<never, never>>(
  definition: HttpProviderDefinition<Kinds>,
  create: (parts: HttpProviderParts<ProviderSettings & OwnSettings<Kinds>>) => ProviderMethods,
): ProviderFactory<ProviderSettings & OwnSettings<Kinds>>;
/** The factory of a provider that speaks something else than HTTP. */
export function defineProvider<const Kinds extends SettingKinds = Record<never, never>>(
  definition: ProviderDefinition<Kinds> & { readonly origin?: undefined },
  create: (parts: ProviderParts<CommonSettings & OwnSettings<Kinds>>) => ProviderMethods,
): ProviderFactory<CommonSettings & OwnSettings<Kinds>>;
/** The factory of a provider. */
export function defineProvider(
  { manifest, origin, headers, settings: kinds = {} }: AnyDefinition,
  create: (parts: never) => ProviderMethods,
): ProviderFactory<never> {
  const declared = parseManifest(manifest);
  const parseSettings = settingsParser(kinds, origin !== undefined);

  return (given?: unknown) => {
    const settings = parseSettings(given, declared.id);
    const card = createCard(declared, settings);
    const http =
      origin === undefined ? undefined : createHttpClient({ provider: card.id, origin, headers }, settings);
    const { forward, ...methods } = create({ card, settings, http } as never);

    async function close(): Promise<void> {
      try {
        await methods.close?.();
      } finally {
        await http?.close();
      }
    }

    const passing = forward === undefined ? {} : { [FORWARD]: forward };
    return { ...card, ...methods, ...passing, close, [Symbol.asyncDispose]: close };
  };
}
