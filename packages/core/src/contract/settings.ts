import type { Dispatcher } from "undici";
import type { ModelCard, ProviderStatus, Timeouts } from "./contract.ts";
import type { Limits } from "./defaults.ts";

/** The settings that every factory takes; a provider may extend them. */
export interface ProviderSettings {
  /** The server to talk to, with its path if it has one. `http:` is for loopback unless `insecureHttp` is set. */
  readonly baseURL?: string | undefined;
  /** Allows `http:` to a host that is not loopback. @default false */
  readonly insecureHttp?: boolean | undefined;
  /** Sent with every request, over the provider's own. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /**
   * `http:`, `https:` or `socks5:` URL, with user and password where the proxy wants them; `false` for none.
   *
   * @default `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` of the environment
   */
  readonly proxy?: string | false | undefined;
  /** An undici dispatcher to send every request through, instead of one of the instance's own. */
  readonly dispatcher?: Dispatcher | undefined;
  /** Name to value; sent to the provider's origin only, and kept in memory with those it sets. */
  readonly cookies?: Readonly<Record<string, string>> | undefined;
  /** The timers of each call; a request may shorten them. */
  readonly timeouts?: Timeouts | undefined;
  /** The sizes that end an answer. */
  readonly limits?: Limits | undefined;
  /** Replaces the id of the card, for a second instance of one package in a registry. */
  readonly id?: string | undefined;
  /** Replaces the models of the card. */
  readonly models?: readonly ModelCard[] | undefined;
  /** Replaces the status of the card. */
  readonly status?: ProviderStatus | undefined;
}
