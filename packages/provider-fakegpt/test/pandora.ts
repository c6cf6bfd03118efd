import {
  type Exchange,
  httpResponse,
  type ReceivedRequest,
  type ReplayOptions,
  type SocketServer,
  startReplay,
} from "@fallthrough/testkit";

/** The answer to a request of one path; without one the server stays silent. */
export type Route = (request: ReceivedRequest) => Exchange["response"];

/** The routes of a login that works; none of it is recorded, because it was never open source. */
const LOGIN: Readonly<Record<string, Route>> = {
  "/api/loads": () => json({ loads: [{ token_id: "token-a", count: 0 }] }),
  "/auth/login": () => json({}, { "set-cookie": "credential=credential-a; Path=/" }),
  "/api/auth/session": () => json({ accessToken: "access-a", expires: "2089-08-08T23:59:59.999Z" }),
};

/** Starts a Pandora on loopback with these routes in the place of those of a login that works. */
export function startPandora(
  routes: Readonly<Record<string, Route>> = {},
  options?: ReplayOptions,
): Promise<SocketServer> {
  const all = { ...LOGIN, ...routes };
  return startReplay((request) => {
    const route = all[request.path.replace(/\?.*/, "")];
    return route && { response: route(request) };
  }, options);
}

/** The bytes of an answer in JSON. */
export function json(body: object, headers: Record<string, string> = {}, status = 200): Uint8Array {
  const head = { "content-type": "application/json", ...headers };
  return httpResponse({ status, headers: head, body: JSON.stringify(body) });
}
