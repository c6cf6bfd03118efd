import type { Dispatcher } from "undici";
import { expect, test, vi } from "vitest";
import type { Transport } from "../../src/http/client/transport.ts";
import { failureOf } from "../providers.ts";
import { createClient } from "../servers.ts";

// the real transport gives a second request a fresh connection; this one never does

const dispatch = vi.fn<Transport["dispatch"]>((_, handler) => {
  const controller = { abort: () => {} } as unknown as Dispatcher.DispatchController;
  // another failure in the end, so that a client that never gives up fails the test and does not hang it
  const code = dispatch.mock.calls.length > 3 ? "ENOTFOUND" : "ECONNRESET";
  queueMicrotask(() => {
    handler.onRequestStart?.(controller, {});
    handler.onResponseError?.(controller, Object.assign(new Error("read"), { code }));
  });
});
const renew = vi.fn<Transport["renew"]>();

vi.mock("../../src/http/client/transport.ts", () => ({
  createTransport: (): Promise<Transport> =>
    Promise.resolve({
      ownsSockets: true,
      hold: undefined,
      mostQueued: 0,
      leaveQueue() {},
      dispatch,
      renew,
      close: async () => {},
    }),
}));

test("however often an idle connection dies, a request is sent once more and then fails", async () => {
  const http = createClient({ origin: "https://toy.example" });

  const error = await failureOf(http({ method: "POST", path: "/", body: {} }));

  expect(error.code).toBe("network");
  expect(dispatch).toHaveBeenCalledTimes(2);
  expect(renew).toHaveBeenCalledTimes(1);
});
