import { ChatError, type ProviderSettings } from "@fallthrough/core";
import {
  defineProvider,
  fieldsOf,
  formatPrompt,
  type HttpClient,
  type ProviderFactory,
  parseRetryTime,
  quote,
  singleFlight,
  wishWarnings,
} from "@fallthrough/core/provider";
import { manifestOf } from "./manifest.ts";

const manifest = manifestOf("session", "Session");

/** A provider whose server wants a login first, and gives a token that expires. */
export const createSessionProvider: ProviderFactory<ProviderSettings> = defineProvider(
  { manifest, origin: "https://session.example" },
  ({ card, http }) => {
    const session = openSession(http);
    return {
      // #region stream
      async *stream(request) {
        yield* wishWarnings(card, request);
        const { model, signal } = request;
        const body = { model, prompt: formatPrompt(request.messages) };
        const ask = (token: string) =>
          http({ method: "POST", path: "/say", headers: { authorization: `Bearer ${token}` }, body, signal });
        const token = await session.token(signal);
        const response = await ask(token).catch(async (error: unknown) => {
          if (!(error instanceof ChatError) || error.code !== "auth") throw error;
          // once: a second refusal is `auth`, and what follows is for the chain to decide
          session.drop(token);
          return ask(await session.token(signal));
        });
        yield { type: "text-delta", delta: readAnswer(http, await response.json()) };
        yield { type: "finish", finishReason: "stop" };
      },
      // #endregion
    };
  },
);

// #region session
interface Session {
  token(signal: AbortSignal | undefined): Promise<string>;
  drop(token: string): void;
}

/** The login of one provider instance; calls that need one at the same time share it. */
function openSession(http: HttpClient): Session {
  let current: { readonly token: string; readonly expires: number } | undefined;

  const logIn = singleFlight(async (signal) => {
    const response = await http({ method: "POST", path: "/login", body: {}, signal });
    const { token, expiresIn } = fieldsOf(await response.json());
    if (typeof token !== "string") throw http.error("protocol", "POST /login answered without `token`");
    // from here on no error of this instance can show it
    http.addSecret(token);
    current = { token, expires: Date.now() + Number(expiresIn) * 1_000 };
    return token;
  });

  return {
    async token(signal) {
      if (current !== undefined && Date.now() < current.expires) return current.token;
      return logIn(signal);
    },
    drop(token) {
      // another call may have renewed it already
      if (current?.token === token) current = undefined;
    },
  };
}
// #endregion

// #region failure
/** The text of an answer; this server tells its failures with status 200. */
function readAnswer(http: HttpClient, answer: unknown): string {
  const { said, failure, retryAfter } = fieldsOf(answer);
  if (typeof said === "string") return said;
  if (failure === "busy") {
    throw http.error("rate-limit", "POST /say is refused for now", {
      retryAfterMs: parseRetryTime(retryAfter),
    });
  }
  throw http.error("server", `POST /say answered ${quote(String(failure))}, expected \`said\``);
}
// #endregion
