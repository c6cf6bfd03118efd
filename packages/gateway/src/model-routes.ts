import type { Registry } from "@fallthrough/registry";
import { checkModel, mayAsk } from "./access.ts";
import { resolveModel } from "./answer-call.ts";
import { dialectOf } from "./dialects/dialect-of.ts";
import { MESSAGES } from "./dialects/messages/messages.ts";
import { formatModel, formatModelPage } from "./dialects/messages/model-pages.ts";
import { jsonAnswer } from "./exchange-types.ts";
import { listModels, type ModelObject } from "./models.ts";
import type { Application, Serving } from "./serving.ts";

/** Adds the routes that tell which names can be asked for, in the shape of whoever asks. */
export function addModels(application: Application, { registry, access, serve }: Serving): void {
  application
    .get(
      "/v1/models",
      serve(async (request) => {
        const caller = access.checkToken(request);
        const models = (await listModels(registry, request.signal)).filter(({ id }) => mayAsk(caller, id));
        if (dialectOf(request) !== MESSAGES) return jsonAnswer({ object: "list", data: models });
        return jsonAnswer(formatModelPage(models, new URL(request.url).searchParams));
      }),
    )
    .get(
      "/v1/models/:id{.+}",
      serve(async (request, _, context) => {
        const caller = access.checkToken(request);
        const id = context.req.param("id") ?? "";
        checkModel(caller, id);
        const model = await findModel(registry, id, request.signal);
        return jsonAnswer(dialectOf(request) === MESSAGES ? formatModel(model) : model);
      }),
    );
}

async function findModel(registry: Registry, id: string, signal: AbortSignal): Promise<ModelObject> {
  const listed = (await listModels(registry, signal)).find((model) => model.id === id);
  if (listed !== undefined) return listed;
  // a provider that takes any name lists none
  const [candidate] = await resolveModel(registry, id);
  return { id, object: "model", created: 0, owned_by: candidate?.provider.id ?? "" };
}
