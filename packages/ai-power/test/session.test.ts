import { createHttpClient } from "@fallthrough/core/provider";
import type { SocketServer } from "@fallthrough/testkit";
import { afterEach, expect, test } from "vitest";
import { openSession, type Session } from "../src/session.ts";
import { recording, startSite, stepOf } from "./recorded/replay-turn.ts";

let server: SocketServer | undefined;
afterEach(() => server?.close());

async function openRecorded(maxAgeMs: number = 60_000): Promise<Session> {
  server = await startSite({ page: recording("1.9.18", "01-page-home") });
  const http = createHttpClient({ provider: "recorded", origin: server.origin });
  return openSession(http, "/", maxAgeMs);
}

test("a call that comes late with a stale nonce is given what another call has renewed", async () => {
  const session = await openRecorded();
  const stale = await session.site(undefined);

  const renewed = await session.renew(stale, undefined);
  const again = await session.renew(stale, undefined);

  expect(again).toBe(renewed);
  expect(server?.requests.map(stepOf)).toEqual(["page", "page"]);
});

test("what was renewed is what later calls get", async () => {
  const session = await openRecorded();
  const renewed = await session.renew(await session.site(undefined), undefined);

  expect(await session.site(undefined)).toBe(renewed);
});

test("a page that is too old, or forgotten, is fetched again", async () => {
  const old = await openRecorded(0);
  const first = await old.site(undefined);
  expect(await old.site(undefined)).not.toBe(first);
  await server?.close();

  const forgetful = await openRecorded();
  const second = await forgetful.site(undefined);
  forgetful.forget();
  expect(await forgetful.site(undefined)).not.toBe(second);
});
