import type { CallTimeouts, ModelCard, ProviderStatus } from "./contract.ts";
import type { Limits } from "./defaults.ts";

/** What sends the requests of an instance: any dispatcher of undici 7, an `Agent` or a `MockAgent` for example. */
export interface RequestDispatcher {
  /** Starts one request. The types are undici's, which this package does not make you install. */
  dispatch(options: never, handler: never): boolean;
}

/** How much a server takes of one key and model. */
export interface Quota {
  /** In any minute. */
  readonly minute?: number | undefined;
  /** In any hour. */
  readonly hour?: number | undefined;
  /** In a day of the server. */
  readonly day?: number | undefined;
}

/** How much one answer may hold, and how much the server takes. */
export interface InstanceLimits extends Limits {
  /** So many requests. @default unknown */
  readonly requests?: Quota | undefined;
  /** So many tokens, of requests and answers together. @default unknown */
  readonly tokens?: Quota | undefined;
}

/** The settings that every factory takes, also one whose provider does not speak HTTP. */
export interface CommonSettings {
  /** The timers of every call, under those of a request. @default `DEFAULT_TIMEOUTS` */
  readonly timeouts?: CallTimeouts | undefined;
  /** How much one answer may hold, and how much the server takes. @default `DEFAULT_LIMITS` */
  readonly limits?: InstanceLimits | undefined;
  /** Replaces the id of the card, for a second instance of one package in a registry. */
  readonly id?: string | undefined;
  /** Replaces the models of the card. */
  readonly models?: readonly ModelCard[] | undefined;
  /** Replaces the status of the card. */
  readonly status?: ProviderStatus | undefined;
}

/** The settings of every factory whose provider speaks HTTP; a provider may add its own. */
export interface ProviderSettings extends CommonSettings {
  /** The server to talk to, with its path if it has one, and `?api-version=` where Azure wants it. `http:` is for loopback unless `insecureHttp` is set. */
  readonly baseURL?: string | undefined;
  /** Allows `http:` to a host that is not loopback. @default false */
  readonly insecureHttp?: boolean | undefined;
  /** Sent with every request, over the provider's own. A header that is `undefined` is not sent. */
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined;
  /**
   * An `http:`, `https:`, `socks5:` or `socks5h:` URL, with user and password where the proxy wants them, or
   * `host:port` for `http:`. `false` is for no proxy.
   *
   * @default `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` of the environment, which never apply to loopback
   */
  readonly proxy?: string | false | undefined;
  /** Sends every request, in place of the instance's own connections. */
  readonly dispatcher?: RequestDispatcher | undefined;
  /** Name to value; sent to the provider's origin only, and kept in memory with those it sets. */
  readonly cookies?: Readonly<Record<string, string>> | undefined;
}
