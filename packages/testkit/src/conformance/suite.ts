import type { ChatProvider, ChatRequest, ChatResult, ProviderSettings } from "@fallthrough/core";
import type { Exchange } from "../replay.ts";
import type { ReceivedRequest } from "../request-reader.ts";

/** What a provider may lack; everything else is mandatory. */
export type Ability = "streaming" | "system" | "history" | "tools" | "images" | "usage";

/** Every ability that may be declared missing. */
export const ABILITIES: readonly Ability[] = ["streaming", "system", "history", "tools", "images", "usage"];

/** An exchange, or the bytes of a whole response. */
export type SuiteExchange = Exchange | Uint8Array;

/** What the conformance suite is told of a provider. */
export interface ProviderSuite {
  /** The call of the factory; without settings it returns the card of the manifest. */
  readonly create: (settings?: ProviderSettings) => ChatProvider;
  /** The exchanges of one good answer, in order, or the one that a function finds for a request. */
  readonly exchanges: readonly SuiteExchange[] | ((request: ReceivedRequest) => SuiteExchange | undefined);
  /** The text of that answer, or what its result holds. */
  readonly reply: string | Partial<ChatResult>;
  /** Abilities that the provider lacks: a list, or `false` for each. */
  readonly declare?: readonly Ability[] | Readonly<Partial<Record<Ability, false>>> | undefined;
  /** Sent with every question, such as the `model` where the provider has no first one. */
  readonly request?: Partial<ChatRequest> | undefined;
  /** The manifest with the card. @default the `package.json` nearest to the test file */
  readonly manifest?: { readonly fallthrough?: unknown } | undefined;
}

/** The names that a suite declares missing, whether they are abilities or not. */
export function declaredMissing({ declare = [] }: ProviderSuite): readonly string[] {
  return Array.isArray(declare) ? declare : Object.keys(declare);
}
