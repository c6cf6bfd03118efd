import type { Dispatcher } from "undici";
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS, MOST_SECRETS, PAGE_REDIRECTS } from "../../contract/defaults.ts";
import { parseHttpSettings } from "../../contract/parse-settings.ts";
import type { ProviderSettings } from "../../contract/settings.ts";
import { ChatError, type ChatErrorDetails } from "../../errors/chat-error.ts";
import type { ChatErrorCode } from "../../errors/error-codes.ts";
import { createRedactor, quote, redactedCause } from "../../errors/redact.ts";
import { type Call, callOf } from "../../guard/call-context.ts";
import { fieldsOf } from "../../parts/json.ts";
import { type Exchange, type ExchangeFailure, startExchange } from "../answer/exchange.ts";
import { statusFailure, transportFailure } from "../answer/failures.ts";
import { createResponse, mediaType } from "../answer/response.ts";
import type { HttpClient, HttpClientDefaults, HttpRequest, HttpResponse } from "../types.ts";
import { type CookieJar, createCookieJar } from "./cookies.ts";
import { mergeHeaders, parseBaseURL, parseCookies } from "./endpoint.ts";
import { checkLogin, resolveProxy } from "./proxy.ts";
import type { Transport } from "./transport.ts";

const FORM = "application/x-www-form-urlencoded";
/** Where a request goes. */
interface Target {
  /** As the provider wrote it. */
  readonly asked: string;
  readonly url: URL;
  readonly pathname: string;
  /** With the query, as it is on the wire. */
  readonly path: string;
}

/** The headers of a request, but for cookies. */
interface SentHeaders {
  readonly asked: Readonly<Record<string, string>>;
  readonly contentType: string | undefined;
  readonly sent: Record<string, string>;
  readonly secrets: readonly string[];
}

/** Headers whose values are never shown. */
const SECRET_HEADERS = /authorization|cookie|key|token|secret/;

/**
 * The HTTP client of one provider instance: its own connections and cookies, one origin, no redirect unless asked.
 *
 * undici is loaded with the first request. @throws `config` for a setting that cannot be used
 */
export function createHttpClient(defaults: HttpClientDefaults, given?: ProviderSettings): HttpClient {
  const settings = parseHttpSettings(given, defaults.provider);
  const provider = settings.id ?? defaults.provider;
  const base = parseBaseURL(provider, settings.baseURL ?? defaults.origin, settings);
  const { origin, pathname } = base;
  const baseURL = `${origin}${pathname}`.replace(/\/+$/, "");
  const own = typeof defaults.headers === "function" ? defaults.headers(baseURL) : defaults.headers;
  const headers = mergeHeaders(provider, own);
  const settingsHeaders = mergeHeaders(provider, settings.headers);
  const limits = { ...DEFAULT_LIMITS, ...(settings.limits as Partial<typeof DEFAULT_LIMITS>) };
  const proxy =
    settings.dispatcher === undefined ? resolveProxy(provider, base, settings.proxy, process.env) : undefined;
  const jar: CookieJar = createCookieJar(parseCookies(provider, settings.cookies));
  const settled = [
    ...secretHeaders(headers),
    ...secretHeaders(settingsHeaders),
    ...proxySecrets(proxy),
    ...Object.values(settings.cookies ?? {}),
  ];
  const added = new Set<string>();
  /** Most providers ask the same path with the same headers again and again. */
  let lastTarget: Target | undefined;
  let lastHeaders: SentHeaders | undefined;
  let loading: Promise<Transport> | undefined;
  let transport: Transport | undefined;
  let closed = false;

  function error(code: ChatErrorCode, message: string, details: ChatErrorDetails = {}): ChatError {
    const cause = details.cause === undefined ? undefined : redactedCause(details.cause, redactor);
    return new ChatError(code, redactor(message), { provider, origin, ...details, cause });
  }

  // made anew for each error: errors are rarer than the cookies that change what it must know
  function redactor(text: string): string {
    const sent = lastHeaders?.secrets ?? [];
    return createRedactor([...settled, ...sent, ...added, ...jar.values()])(text);
  }

  function addSecret(value: string): void {
    // the newest last, so that the one that was used longest ago is forgotten first
    added.delete(value);
    added.add(value);
    const [oldest] = added;
    if (added.size > MOST_SECRETS && oldest !== undefined) added.delete(oldest);
  }

  function load(): Promise<Transport> {
    const dispatcher = settings.dispatcher as Dispatcher | undefined;
    const { headerBytes, streamBytes } = limits;
    checkLogin(provider, proxy);
    // what opens connections is most of the start-up
    loading ??= import("./transport.ts").then(({ createTransport }) =>
      createTransport({ origin, proxy, dispatcher, headerBytes, streamBytes }),
    );
    return loading;
  }

  function resolveTarget({ path, query }: HttpRequest): Target {
    if (query === undefined && path === lastTarget?.asked) return lastTarget;
    const absolute = /^[a-z][a-z0-9+.-]*:\/\//i.test(path);
    const address = absolute ? path : `${baseURL}/${path.replace(/^\/+/, "")}`;
    if (!URL.canParse(address)) throw error("protocol", "the server named an invalid address");
    const url = new URL(address);
    // the version of the server's interface
    for (const [name, value] of absolute ? [] : base.searchParams) url.searchParams.set(name, value);
    for (const [name, value] of Object.entries(query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, value);
    }
    if (url.origin !== origin) {
      const problem = `the server named an address on ${quote(url.origin)}`;
      throw error("protocol", `${problem}, expected ${quote(origin)}`);
    }
    const target = targetOf(url, path);
    if (query === undefined) lastTarget = target;
    return target;
  }

  function formatHeaders(
    { headers: asked, body, json }: HttpRequest,
    pathname: string,
  ): Record<string, string> {
    const cookie = jar.header(pathname);
    const hasBody = body !== undefined || json !== undefined;
    const contentType = !hasBody ? undefined : isForm(body) ? FORM : "application/json";
    const { sent } = settleHeaders(asked, contentType);
    // what was set outright goes over what the server set; a copy, because a dispatcher may be the caller's
    return cookie === undefined ? { ...sent } : { cookie, ...sent };
  }

  function settleHeaders(asked: HttpRequest["headers"], contentType: string | undefined): SentHeaders {
    const last = lastHeaders;
    if (last !== undefined && last.contentType === contentType && sameHeaders(last.asked, asked)) return last;
    const own = mergeHeaders(provider, asked);
    last?.secrets.forEach(addSecret);
    const formatted = {
      asked: { ...asked },
      contentType,
      secrets: secretHeaders(own),
      sent: {
        accept: "*/*",
        "accept-encoding": "gzip, deflate, br",
        ...(contentType === undefined ? {} : { "content-type": contentType }),
        ...headers,
        ...own,
        ...settingsHeaders,
      },
    };
    lastHeaders = formatted;
    return formatted;
  }

  function formatRequest(request: HttpRequest, { path, pathname }: Target): Dispatcher.DispatchOptions {
    const { body, json, method = "GET" } = request;
    return {
      origin,
      path,
      method,
      // the timers are the guard's: undici's count any byte and fire late
      headersTimeout: 0,
      bodyTimeout: 0,
      headers: formatHeaders(request, pathname),
      body: json ?? (body === undefined ? null : isForm(body) ? body.toString() : JSON.stringify(body)),
    };
  }

  async function request(request: HttpRequest): Promise<HttpResponse> {
    const { signal, recognise, method = "GET" } = request;
    let target = resolveTarget(request);
    let redirects = 0;
    let retried = false;
    for (;;) {
      const what = `${method} ${target.pathname}`;
      if (closed) throw error("config", "the provider is closed, expected no further call");
      transport ??= await load();
      if (signal?.aborted) throw signal.reason;
      const call: Call = callOf(signal) ?? ownCall(settings);
      call.redactor = redactor;
      const options = formatRequest(request, target);
      const wantsPage = lastHeaders?.sent["accept"]?.includes("text/html") === true;
      let exchange: Exchange;
      try {
        exchange = await startExchange(transport, options, call, signal);
      } catch (thrown) {
        if (signal?.aborted) throw signal.reason;
        const { reason, phase, stale } = thrown as ExchangeFailure;
        if (settings.dispatcher !== undefined && isInvalidArgument(reason)) {
          const problem = "setting `dispatcher` is of another version of undici or refused the request";
          throw error("config", `${problem}, expected a dispatcher of undici 7`, { cause: reason });
        }
        // the server closed an idle connection while the request was on its way: it never saw it
        if (!stale || retried || closed) throw transportFailure(reason, what, phase, 0, error);
        retried = true;
        transport.renew();
        continue;
      }
      const { status, setCookie } = exchange;
      if (setCookie.length > 0 && request.keepCookies !== false) await jar.keep(setCookie);
      const response = createResponse({ exchange, what, limits, signal, recognise, error, wantsPage });
      const end = request.acceptRedirects ? 400 : 300;
      if (status >= 200 && status < end && ![204, 205, 304].includes(status)) return response;

      const next = request.followRedirects ? sameOriginRedirect(exchange, target.url) : undefined;
      if (next !== undefined && redirects++ < PAGE_REDIRECTS) {
        exchange.close();
        target = targetOf(next);
        retried = false;
        continue;
      }
      const body = await response.failedBody();
      signal?.throwIfAborted();
      const answer = { status, headers: exchange.headers, contentType: mediaType(exchange.headers), body };
      if (next !== undefined)
        throw error("protocol", `${what} redirected more than ${PAGE_REDIRECTS} times`, { status });
      throw statusFailure(answer, recognise?.(answer), what, error);
    }
  }

  return Object.assign(request, {
    baseURL,
    origin,
    error,
    addSecret,
    async close() {
      closed = true;
      jar.clear();
      await (await loading)?.close();
    },
  });
}

/** An older undici says this of a handler whose methods it does not know. */
function isInvalidArgument(reason: unknown): boolean {
  return fieldsOf(reason)["code"] === "UND_ERR_INVALID_ARG";
}

function targetOf(url: URL, asked: string = url.href): Target {
  const { pathname, search } = url;
  return { asked, url, pathname, path: pathname + search };
}

function sameHeaders(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>> = {}): boolean {
  const names = Object.keys(b);
  return names.length === Object.keys(a).length && names.every((name) => a[name] === b[name]);
}

function isForm(body: HttpRequest["body"]): body is URLSearchParams {
  return body instanceof URLSearchParams;
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
  return { phase: "connect", exchanges: 0, connectMs, route: { attempts: [] } };
}

/** The values of headers that are never shown, with and without the scheme in front. */
function secretHeaders(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers)
    .filter(([name]) => SECRET_HEADERS.test(name))
    .flatMap(([, value]) => [value, value.replace(/^\S+\s+/, "")]);
}

function proxySecrets(proxy: URL | undefined): string[] {
  if (proxy === undefined) return [];
  const [username, password] = [proxy.username, proxy.password].map(decodeURIComponent) as [string, string];
  return username === "" && password === "" ? [] : [username, password, `${username}:${password}`];
}
