import { expect, test } from "vitest";
import { ChatError } from "../../../src/errors/chat-error.ts";
import { CONNECT_TIMED_OUT } from "../../../src/http/answer/exchange.ts";
import { type ErrorFactory, transportFailure } from "../../../src/http/answer/failures.ts";

const error: ErrorFactory = (code, message, details) => new ChatError(code, message, details);

/** What the transport reports, inside the errors that others wrap round it. */
function reported(code: string | undefined, message = "x", wraps = 0): Error {
  let reason: Error = Object.assign(new Error(message), code === undefined ? {} : { code });
  for (let count = 0; count < wraps; count++) reason = new Error("wrapped", { cause: reason });
  return reason;
}

function parserError(message: string, data?: unknown): Error {
  return Object.assign(new Error(message), { name: "HTTPParserError", code: "HPE_INVALID", data });
}

test("a connection that took too long is a timeout without a cause", () => {
  const failure = transportFailure(CONNECT_TIMED_OUT, "GET /", "connect", 0, error);

  expect(failure).toMatchObject({
    code: "timeout",
    message: "GET / got no connection in time",
    phase: "connect",
  });
  expect(failure.cause).toBeUndefined();
});

test("a failure names the request, how far it had come, and what the transport reported", () => {
  const reason = reported("ECONNREFUSED");

  expect(transportFailure(reason, "GET /", "connect", 0, error)).toMatchObject({
    code: "network",
    message: "GET / failed with ECONNREFUSED",
    phase: "connect",
    cause: reason,
  });
});

test.each([[undefined], [5]])("a failure whose code is %j is an unknown one", (code) => {
  const reason = Object.assign(new Error("x"), { code });

  expect(transportFailure(reason, "GET /", "connect", 0, error).message).toBe(
    "GET / failed with an unknown transport failure",
  );
  expect(transportFailure("no error", "GET /", "connect", 0, error)).toMatchObject({
    code: "network",
    message: "GET / failed with an unknown transport failure",
  });
});

test.each<[string, RegExp]>([
  ["EMFILE", /too many files are open on this machine, expected a higher `ulimit -n`$/],
  ["ENFILE", /too many files/],
  ["ENOBUFS", /, this machine is out of memory for connections$/],
  ["ENOMEM", /out of memory/],
  ["EADDRNOTAVAIL", /, this machine has no free port or address left$/],
  ["EACCES", /, this machine does not allow the connection, expected a firewall or sandbox that does$/],
  ["EPERM", /does not allow/],
  ["UND_ERR_CLOSED", /, because the provider was closed$/],
  ["UND_ERR_DESTROYED", /, because the provider was closed$/],
])("a failure with %s says what is at fault here", (code, words) => {
  expect(transportFailure(reported(code), "GET /", "connect", 0, error).message).toMatch(words);
});

test.each<[string, Error, number, string]>([
  ["a lost connection before the first byte", reported("ECONNRESET"), 0, "network"],
  ["a lost connection after it", reported("ECONNRESET"), 1, "interrupted"],
  ["a certificate", reported("CERT_HAS_EXPIRED"), 0, "tls"],
  ["a name that is not the certificate's", reported("ERR_TLS_CERT_ALTNAME_INVALID"), 0, "tls"],
  ["an authority that nobody knows", reported("SELF_SIGNED_CERT_IN_CHAIN"), 0, "tls"],
  ["another protocol", reported("EPROTO"), 0, "tls"],
  ["a host whose name does not match", reported("HOSTNAME_MISMATCH"), 0, "tls"],
  ["a certificate that is wrapped", reported("CERT_HAS_EXPIRED", "x", 4), 0, "tls"],
  ["a certificate that is wrapped too deeply", reported("CERT_HAS_EXPIRED", "x", 5), 0, "network"],
  ["a code that only begins like one of TLS", reported("EPROTONOSUPPORT"), 0, "network"],
  ["a code that only ends like one of TLS", reported("MY_HOSTNAME_MISMATCH"), 0, "network"],
  ["a head that is too large", reported("UND_ERR_HEADERS_OVERFLOW"), 0, "protocol"],
  ["another length than the stated", reported("UND_ERR_RES_CONTENT_LENGTH_MISMATCH"), 1, "protocol"],
  ["a body that is too large", reported("UND_ERR_RES_EXCEEDED_MAX_SIZE"), 1, "protocol"],
  ["a code that only begins so", reported("UND_ERR_HEADERS_OVERFLOW_2"), 0, "network"],
  ["a code that only ends so", reported("X_UND_ERR_HEADERS_OVERFLOW"), 0, "network"],
  ["an interim answer that nobody asked for", reported("UND_ERR_SOCKET", "bad response"), 0, "protocol"],
  ["an upgrade that nobody asked for", reported("UND_ERR_SOCKET", "bad upgrade"), 0, "protocol"],
  ["a socket that was closed", reported("UND_ERR_SOCKET", "other side closed"), 0, "network"],
  ["words that only hold those", reported("UND_ERR_SOCKET", "a bad upgrade"), 0, "network"],
  ["words that only begin so", reported("UND_ERR_SOCKET", "bad response time"), 0, "network"],
  ["these words of another code", reported("ECONNRESET", "bad upgrade"), 0, "network"],
  ["an argument that undici refuses", reported("UND_ERR_INVALID_ARG"), 0, "config"],
  ["a client that was closed", reported("UND_ERR_CLOSED"), 0, "config"],
  ["a client that was destroyed", reported("UND_ERR_DESTROYED"), 0, "config"],
  ["a code that only begins like it", reported("UND_ERR_CLOSED_2"), 0, "network"],
  ["a code that only ends like it", reported("X_UND_ERR_CLOSED"), 0, "network"],
  ["bytes that are no HTTP", parserError("Expected HTTP/"), 0, "protocol"],
  ["bytes that are no HTTP after a body began", parserError("Expected HTTP/"), 5, "protocol"],
  ["an alert of TLS", parserError("Expected HTTP/", "\u0015\u0003\u0003"), 0, "network"],
  ["an alert that comes later", parserError("Expected HTTP/", "HTTP\u0015\u0003"), 0, "protocol"],
  ["data that is no text", parserError("Expected HTTP/", 5), 0, "protocol"],
  ["a chunked body that was cut", parserError("Invalid EOF state"), 1, "interrupted"],
  ["a chunked body that was cut before its first byte", parserError("Invalid EOF state"), 0, "protocol"],
])("%s: %o after %i bytes is %s", (_, reason, received, code) => {
  expect(transportFailure(reason, "GET /", "headers", received, error).code).toBe(code);
});
