import { type Call, callOf } from "../call.ts";
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS, ERROR_BODY_MS, type Limits, PAGE_REDIRECTS } from "../defaults.ts";
import { ChatError, type ChatErrorCode, type ChatErrorDetails } from "../errors.ts";
import { createRedactor, quote, type Redactor } from "../redact.ts";
import type { ProviderSettings } from "../settings.ts";
import { type CookieJar, createCookieJar } from "./cookies.ts";
import { mergeHeaders, parseBaseURL } from "./endpoint.ts";
import { type Exchange, type ExchangeFailure, startExchange } from "./exchange.ts";
import { statusFailure, transportFailure } from "./failures.ts";
import { resolveProxy } from "./proxy.ts";
import { createResponse, mediaType } from "./response.ts";
import { createTransport, type Transport } from "./transport.ts";
import type { HttpClient, HttpClientDefaults, HttpRequest, HttpResponse } from "./types.ts";

/** Headers whose values are never shown. */
const SECRET_HEADERS = /authorization|cookie|key|token|secret/;

/**
 * The HTTP client of one provider instance: its own connections and cookies, one origin, no redirect unless asked.
 *
 * undici is loaded with the first request. @throws `config` for a setting that cannot be used
 */
export function createHttpClient(defaults: HttpClientDefaults, settings: ProviderSettings = {}): HttpClient {
  const provider = settings.id ?? defaults.provider;
  const base = parseBaseURL(provider, settings.baseURL ?? defaults.origin, settings);
  const baseURL = base.href.replace(/\/+$/, "");
  const { origin } = base;
  const own = typeof defaults.headers === "function" ? defaults.headers(baseURL) : defaults.headers;
  const headers = mergeHeaders(provider, own, settings.headers);
  const limits = { ...DEFAULT_LIMITS, ...definedLimits(settings.limits) };
  const proxy =
    settings.dispatcher === undefined ? resolveProxy(provider, base, settings.proxy, process.env) : undefined;
  const jar: CookieJar = createCookieJar(settings.cookies);
  const secrets = new Set(knownSecrets(settings, proxy));
  let redactor: Redactor = createRedactor(secrets);
  let loading: Promise<Transport> | undefined;
  let closed = false;

  function error(code: ChatErrorCode, message: string, details?: ChatErrorDetails): ChatError {
    return new ChatError(code, redactor(message), { provider, origin, ...details });
  }

  function load(): Promise<Transport> {
    if (closed) throw error("config", "the provider is closed, expected no further call");
    loading ??= createTransport({ proxy, dispatcher: settings.dispatcher, headerBytes: limits.headerBytes });
    return loading;
  }

  function resolveTarget(path: string, query: HttpRequest["query"]): URL {
    const absolute = /^[a-z][a-z0-9+.-]*:\/\//i.test(path);
    const url = new URL(absolute ? path : `${baseURL}/${path.replace(/^\/+/, "")}`);
    for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value);
    if (url.origin === origin) return url;
    throw error("protocol", `the server named an address on ${quote(url.origin)}, expected ${quote(origin)}`);
  }

  async function send(request: HttpRequest, url: URL, what: string): Promise<Exchange> {
    const { signal, body } = request;
    const transport = await load();
    if (signal?.aborted) throw signal.reason;
    const call: Call = callOf(signal) ?? ownCall(settings);
    call.redactor = (text) => redactor(text);
    const cookie = jar.header(url.pathname);
    const form = body instanceof URLSearchParams;
    const options = {
      origin,
      path: url.pathname + url.search,
      method: request.method ?? "GET",
      // the timers are the guard's: undici's count any byte and fire late
      headersTimeout: 0,
      bodyTimeout: 0,
      headers: {
        accept: "*/*",
        "accept-encoding": "gzip, deflate, br",
        ...(body === undefined
          ? {}
          : { "content-type": form ? "application/x-www-form-urlencoded" : "application/json" }),
        ...(cookie === undefined ? {} : { cookie }),
        ...headers,
        ...mergeHeaders(provider, request.headers),
      },
      body: body === undefined ? null : form ? body.toString() : JSON.stringify(body),
    };
    for (let retried = false; ; retried = true) {
      try {
        const exchange = await startExchange(transport, options, call, signal);
        if (request.keepCookies !== false) jar.keep(exchange.setCookie, transport.parseCookie);
        return exchange;
      } catch (thrown) {
        if (signal?.aborted) throw signal.reason;
        const failure = thrown as ExchangeFailure;
        // the server closed an idle connection while the request was on its way: it never saw it
        if (failure.stale && !retried) transport.renew();
        else throw transportFailure(failure.reason, what, failure.phase, 0, error);
      }
    }
  }

  async function request(request: HttpRequest): Promise<HttpResponse> {
    let url = resolveTarget(request.path, request.query);
    for (let redirects = 0; ; redirects++) {
      const what = `${request.method ?? "GET"} ${url.pathname}`;
      const exchange = await send(request, url, what);
      const { signal, recognise } = request;
      const response = createResponse({ exchange, what, limits, signal, recognise, error });
      const { status } = exchange;
      const end = request.acceptRedirects ? 400 : 300;
      if (status >= 200 && status < end && ![204, 205, 304].includes(status)) return response;

      const next = request.followRedirects ? sameOriginRedirect(exchange, url) : undefined;
      if (next !== undefined && redirects < PAGE_REDIRECTS) {
        exchange.close();
        url = next;
        continue;
      }
      const body = await errorBody(response, exchange);
      if (signal?.aborted) throw signal.reason;
      const answer = { status, headers: exchange.headers, contentType: mediaType(exchange.headers), body };
      if (next !== undefined)
        throw error("protocol", `${what} redirected more than ${PAGE_REDIRECTS} times`, { status });
      throw recognise?.(answer) ?? statusFailure(answer, what, error);
    }
  }

  /** The status has decided already, so the body may neither take long nor fail. */
  async function errorBody(
    response: { head(length: number): Promise<string> },
    exchange: Exchange,
  ): Promise<string> {
    const timer = setTimeout(() => exchange.close(), ERROR_BODY_MS);
    try {
      return await response.head(limits.errorBytes);
    } catch {
      return "";
    } finally {
      clearTimeout(timer);
      exchange.close();
    }
  }

  return Object.assign(request, {
    baseURL,
    origin,
    error,
    addSecret(value: string) {
      secrets.add(value);
      redactor = createRedactor(secrets);
    },
    async close() {
      closed = true;
      jar.clear();
      await (await loading)?.close();
    },
  });
}

function sameOriginRedirect({ status, headers }: Exchange, from: URL): URL | undefined {
  const { location } = headers;
  if (status < 300 || status >= 400 || location === undefined || !URL.canParse(location, from.href))
    return undefined;
  const target = new URL(location, from);
  return target.origin === from.origin ? target : undefined;
}

/** For a provider that is used without the guard. */
function ownCall({ timeouts }: ProviderSettings): Call {
  const connectMs = timeouts?.connectMs ?? DEFAULT_TIMEOUTS.connectMs;
  return { phase: "connect", exchanges: 0, connectMs, attempts: [] };
}

function definedLimits(limits: Limits = {}): Partial<typeof DEFAULT_LIMITS> {
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
}

function knownSecrets({ headers = {}, cookies = {} }: ProviderSettings, proxy: URL | undefined): string[] {
  const secrets = Object.values(cookies);
  for (const [name, value] of Object.entries(headers)) {
    if (!SECRET_HEADERS.test(name.toLowerCase())) continue;
    secrets.push(value, value.replace(/^\S+\s+/, ""));
  }
  if (proxy !== undefined) {
    const { username, password } = proxy;
    const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    if (password !== "") secrets.push(decodeURIComponent(password), credentials);
    if (username !== "") secrets.push(decodeURIComponent(username));
  }
  return secrets;
}
