import { setTimeout as delay } from "node:timers/promises";
import { ChatError, type ProviderSettings } from "@fallthrough/core";
import {
  defineProvider,
  fieldsOf,
  formatPrompt,
  type ProviderFactory,
  wishWarnings,
} from "@fallthrough/core/provider";
import { manifestOf } from "./manifest.ts";

const PAUSE_MS = 20;
const manifest = manifestOf("job", "Job");

/** A provider whose server takes a job, and is asked for its state until it is done. */
export const createJob: ProviderFactory<ProviderSettings> = defineProvider(
  { manifest, origin: "https://jobs.example" },
  ({ card, http }) => ({
    // #region poll
    async *stream(request) {
      yield* wishWarnings(card, request);
      const { model, signal } = request;
      const body = { model, prompt: formatPrompt(request.messages) };
      const { job } = fieldsOf(await (await http({ method: "POST", path: "/jobs", body, signal })).json());
      if (typeof job !== "string") throw new ChatError("protocol", "POST /jobs answered without `job`");
      const path = `/jobs/${encodeURIComponent(job)}`;
      let ended = false;
      try {
        while (!ended) {
          const { state, said } = fieldsOf(await (await http({ method: "GET", path, signal })).json());
          ended = state !== "running";
          if (!ended) await delay(PAUSE_MS, undefined, { signal });
          else if (state === "done" && typeof said === "string") yield { type: "text-delta", delta: said };
          else throw new ChatError("server", `GET /jobs/… answered neither "running" nor "done"`);
        }
        yield { type: "finish", finishReason: "stop" };
      } finally {
        if (!ended) {
          const cancel = {
            method: "POST",
            path: `${path}/cancel`,
            signal: AbortSignal.timeout(1_000),
          } as const;
          // what comes of it is no matter of the caller
          await http(cancel).catch(() => {});
        }
      }
    },
    // #endregion
  }),
);
