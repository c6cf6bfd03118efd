import { chat } from "@fallthrough/core";
import { startFaultServer } from "../fault-server.ts";
import { httpResponse } from "../http-message.ts";
import { inTime, reasonOf } from "./ask.ts";
import { equals, holds, matches } from "./check.ts";
import type { ConformanceCase } from "./kit.ts";

/** Whether a provider does what its settings say. */
export const SETTINGS_CASES: readonly ConformanceCase[] = [
  {
    title: "the setting `baseURL` decides which server is asked",
    async run(kit) {
      const { provider, server } = await kit.stage();
      // whether the answer is good is for another case to tell
      await inTime(Promise.allSettled([kit.ask(provider)]), "the call did not end");

      holds(server.connections > 0, "the server of `baseURL` was not asked");
    },
  },
  {
    title: "the setting `proxy` carries every request",
    async run(kit) {
      const proxy = await startFaultServer([
        [{ read: "request" }, { send: httpResponse({ status: 502, body: "the proxy of the suite" }) }],
      ]);
      try {
        const { provider, server } = await kit.stage({ settings: { proxy: proxy.origin } });
        await inTime(Promise.allSettled([kit.ask(provider)]), "the call did not end");

        holds(proxy.connections > 0, "the proxy was not asked");
        equals(server.connections, 0, "the number of connections past the proxy");
      } finally {
        await proxy.close();
      }
    },
  },
  {
    title: "the setting `headers` is sent with every request",
    async run(kit) {
      const { provider, server } = await kit.stage({ settings: { headers: { "x-suite": "header" } } });
      await Promise.allSettled([kit.ask(provider)]);
      holds(server.requests.length > 0, "the server got no request");
      const bare = server.requests.filter(({ headers }) => headers["x-suite"] !== "header");

      equals(
        bare.map(({ path }) => path),
        [],
        "the list of requests without the header",
      );
    },
  },
  {
    title: "the setting `cookies` is sent with every request",
    async run(kit) {
      const { provider, server } = await kit.stage({ settings: { cookies: { suite: "cookie" } } });
      await Promise.allSettled([kit.ask(provider)]);
      holds(server.requests.length > 0, "the server got no request");
      const bare = server.requests.filter(({ headers }) => !headers["cookie"]?.includes("suite=cookie"));

      equals(
        bare.map(({ path }) => path),
        [],
        "the list of requests without the cookie",
      );
    },
  },
  {
    title: "the setting `timeouts` ends a silent call",
    async run(kit) {
      const { provider } = await kit.stage({
        script: () => [{ hold: true }],
        settings: { timeouts: { firstChunkMs: 200 } },
      });
      const reason = await reasonOf(chat(provider, kit.request()).result(), "the silent call");

      matches(reason, { code: "timeout" }, "the failure");
    },
  },
];
