import { checkWhole } from "../access.ts";
import { EVENT_STREAM } from "../dialects/dialect.ts";
import { jsonAnswer } from "../exchange-types.ts";
import type { GatewayOptions, Resolved } from "../gateway-options.ts";
import { TEXT_FORM } from "../metrics/text-form.ts";
import { Refusal } from "../refusal.ts";
import type { Application, Serving } from "../serving.ts";
import { createEventFeed } from "./event-feed.ts";
import { readCandidates, readStatus } from "./read-status.ts";

/** Clients that follow the events at once. */
const MOST_FEEDS = 64;
const UNKEPT = { "cache-control": "no-store" };

/** Adds the routes that show what happens: as JSON, as events, and as metrics. */
export function addStatus(
  application: Application,
  { registry, access, calls, monitor, serve }: Serving,
  { problems = [], keepaliveMs }: Resolved<GatewayOptions>,
): void {
  let feeds = 0;
  application
    .get(
      "/status",
      serve(async (request) => {
        checkWhole(access.checkToken(request));
        return jsonAnswer(await readStatus(registry, monitor, problems), { headers: UNKEPT });
      }),
    )
    .get(
      "/events",
      serve((request) => {
        checkWhole(access.checkToken(request));
        if (calls.closing) throw new Refusal(503, "the gateway is shutting down", { code: "shutting_down" });
        if (feeds >= MOST_FEEDS)
          throw new Refusal(503, "too many clients follow the events", { code: "too_many_calls" });
        feeds++;
        const feed = createEventFeed({
          monitor,
          read: () => readStatus(registry, monitor, problems),
          signal: request.signal,
          keepaliveMs,
          ended: () => void feeds--,
        });
        const headers = {
          "content-type": EVENT_STREAM,
          "cache-control": "no-store, no-transform",
          // else a proxy in front would gather the events
          "x-accel-buffering": "no",
        };
        return { status: 200, headers, body: feed };
      }),
    )
    .get(
      "/metrics",
      serve(async (request) => {
        checkWhole(access.checkToken(request));
        const candidates = await readCandidates(registry, monitor);
        const body = monitor.metrics.format({ candidates, running: monitor.calls.running });
        return { status: 200, headers: { "content-type": TEXT_FORM, ...UNKEPT }, body };
      }),
    );
}
