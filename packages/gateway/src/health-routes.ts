import type { ExplainStep, Registry } from "@fallthrough/registry";
import { jsonAnswer } from "./exchange-types.ts";
import { listHealth, resetHealth } from "./health.ts";
import type { Application, Serving } from "./serving.ts";

/** Adds the routes that tell how the gateway and its providers are. */
export function addHealth(application: Application, { registry, access, calls, serve }: Serving): void {
  application
    .get(
      "/healthz",
      serve(() => jsonAnswer({ status: "ok" })),
    )
    .get(
      "/readyz",
      serve(async () => {
        const reasons = calls.closing
          ? [{ reason: "the gateway is shutting down" }]
          : await unreadiness(registry);
        if (reasons === undefined) return jsonAnswer({ status: "ready" });
        return jsonAnswer({ status: "unavailable", reasons }, { status: 503 });
      }),
    )
    .get(
      "/v1/health",
      serve(async (request) =>
        jsonAnswer({ object: "list", data: await listHealth(registry, access.checkToken(request)) }),
      ),
    )
    .delete(
      "/v1/health",
      serve(async (request) => {
        const provider = new URL(request.url).searchParams.get("provider");
        await resetHealth(registry, access.checkToken(request), provider);
        return jsonAnswer({ object: "health", id: provider ?? "all", deleted: true });
      }),
    );
}

/** Why nobody could be asked now; `undefined` where somebody could. */
async function unreadiness(registry: Registry): Promise<readonly object[] | undefined> {
  if (registry.providers().length === 0) return [{ reason: "no provider is installed" }];
  const steps = await registry.explain();
  const candidates = steps.filter((step) => step.type === "candidate");
  if (candidates.some(isWell)) return undefined;
  return candidates.map(({ provider, model, code, reason }) => ({ provider, model, code, reason }));
}

/** One that is asked only because all others are worse has the reason against it beside. */
function isWell(step: ExplainStep & { readonly type: "candidate" }): boolean {
  return step.outcome === "asked" && step.code === undefined;
}
