import type { ChatProvider, ChatRequest, ChatResult, ProviderSettings, ToolCall } from "@fallthrough/core";
import type { Exchange } from "../replay.ts";
import type { ReceivedRequest } from "../request-reader.ts";

/** Every ability that may be declared missing. */
export const ABILITIES = ["streaming", "endMarker", "system", "history", "tools", "images", "usage"] as const;

/**
 * What a provider or its protocol may lack; everything else is mandatory. `endMarker` is what shows that an answer is
 * whole where its body ends well: without one, a cut answer may pass for a whole one.
 */
export type Ability = (typeof ABILITIES)[number];

/** The abilities that are missing: a list, or the reason for each, or `false`. `endMarker` needs its reason. */
export type Declaration = readonly Ability[] | Readonly<Partial<Record<Ability, string | false>>>;

/** An exchange, or the bytes of a whole response. */
export type SuiteExchange = Exchange | Uint8Array;

/** The exchanges of one answer, in order, or the one that a function finds for a request. */
export type SuiteExchanges =
  | readonly SuiteExchange[]
  | ((request: ReceivedRequest) => SuiteExchange | undefined);

/** An answer that calls tools. */
export interface ToolCallSuite {
  /** The exchanges of that answer, in order, or the one that a function finds for a request. */
  readonly exchanges: SuiteExchanges;
  /** What must come out, in order. `arguments` count as JSON; leave out an `id` that the server does not give. */
  readonly calls: readonly (Pick<ToolCall, "name" | "arguments"> & Partial<Pick<ToolCall, "id">>)[];
}

/** What the conformance suite is told of a provider. */
export interface ProviderSuite {
  /** The call of the factory; without settings it returns the card of the manifest. */
  readonly create: (settings?: ProviderSettings) => ChatProvider;
  /** The exchanges of one good answer, in order, or the one that a function finds for a request. */
  readonly exchanges: SuiteExchanges;
  /** The text of that answer, or what its result holds. */
  readonly reply: string | Partial<ChatResult>;
  /** An answer that calls tools; without one the cases of tool calls are skipped. */
  readonly toolCalls?: ToolCallSuite | undefined;
  /** Abilities that are missing: a list, or the reason for each. */
  readonly declare?: Declaration | undefined;
  /** Sent with every question, such as the `model` where the provider has no first one. */
  readonly request?: Partial<ChatRequest> | undefined;
  /** The manifest with the card. @default the `package.json` nearest to the test file */
  readonly manifest?: { readonly fallthrough?: unknown } | undefined;
}

/** What is declared missing, whether it is an ability or not, with the reason where one is given. */
export function declaredMissing({
  declare = [],
}: {
  readonly declare?: Declaration | undefined;
}): ReadonlyMap<string, string | undefined> {
  if (Array.isArray(declare)) return new Map(declare.map((name: string) => [name, undefined]));
  return new Map(
    Object.entries(declare).map(([name, reason]) => [
      name,
      typeof reason === "string" && reason.trim() !== "" ? reason : undefined,
    ]),
  );
}
