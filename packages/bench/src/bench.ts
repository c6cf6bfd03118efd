import type { CreateChain } from "./chain.ts";
import type { CreateClient } from "./client.ts";
import type { Figure } from "./figure.ts";

/** What a suite is given. */
export interface Bench {
  readonly upstream: Upstream;
  readonly rounds: number;
  /** Also what takes too long for the short set. */
  readonly all: boolean;
  /** The other clients, as far as they are installed. */
  readonly peers: readonly Contestant[];
  /** Those of them that fall over to another server. */
  readonly peerChains: readonly { readonly name: string; readonly create: CreateChain }[];
}

/** Where the upstream listens. */
export interface Upstream {
  readonly origins: readonly [string, string];
  readonly refused: string;
}

/** A client by its name in the table. */
export interface Contestant {
  readonly name: string;
  readonly create: CreateClient;
  /** Reads bytes and nothing else, so there is no text to check. @default false */
  readonly unparsed?: boolean | undefined;
  /** Takes so long that fewer calls must do. @default false */
  readonly slow?: boolean | undefined;
  /** Knows no call that is answered with one JSON value. @default false */
  readonly streamsOnly?: boolean | undefined;
}

/** Some figures that belong together. */
export interface Suite {
  readonly name: string;
  /** Runs in the short set. */
  readonly short: boolean;
  run(bench: Bench): Promise<readonly Figure[]>;
}
