import { checkModel, mayAsk } from "../../access.ts";
import { resolveModel } from "../../answer-call.ts";
import { jsonAnswer } from "../../exchange-types.ts";
import { parseObject, parseText } from "../../parse-fields.ts";
import type { Application, Serving } from "../../serving.ts";
import { formatRunning, formatShown, formatTags, formatVersion } from "./catalog.ts";
import { OLLAMA_CHAT, OLLAMA_GENERATE } from "./ollama.ts";

/** Adds the routes of Ollama's API. */
export function addOllama(
  application: Application,
  { registry, access, serve, serveBody, serveCalls }: Serving,
): void {
  const form = { dialect: OLLAMA_CHAT };
  application
    .post("/api/chat", serveCalls(OLLAMA_CHAT))
    .post("/api/generate", serveCalls(OLLAMA_GENERATE))
    .post(
      "/api/show",
      serveBody(async ({ body, caller }) => {
        // some clients give the name by an earlier field
        const { model, name } = parseObject(body, "body");
        const asked = parseText(model ?? name, "model");
        checkModel(caller, asked);
        return jsonAnswer(formatShown(asked, await resolveModel(registry, asked)));
      }, form),
    )
    .get(
      "/api/tags",
      serve(async (request) => {
        const caller = access.checkToken(request);
        return jsonAnswer(await formatTags(registry, (name) => mayAsk(caller, name), request.signal));
      }, form),
    )
    .get(
      "/api/ps",
      serve((request) => {
        access.checkToken(request);
        return jsonAnswer(formatRunning());
      }, form),
    )
    // by these two programs find out whether a server is here
    .get(
      "/api/version",
      serve(() => jsonAnswer(formatVersion())),
    );
}
