import { formatMs, visible } from "./format.ts";
import type { AttemptEntry, CallEntry } from "./gateway.ts";
import { Key } from "./key.tsx";

const SIGNS: Readonly<Record<AttemptEntry["outcome"], string>> = {
  answered: "\u2713",
  failed: "\u2715",
  skipped: "\u2013",
  aborted: "\u25a0",
};
const WORDS: Readonly<Record<AttemptEntry["outcome"], string>> = {
  answered: "answered",
  failed: "failed",
  skipped: "passed over",
  aborted: "stopped",
};

/** Who was asked, how it ended and how long it took. */
export function RouteOf({
  call,
}: {
  readonly call: Pick<CallEntry, "attempts" | "state" | "provider" | "answered_by">;
}) {
  const { attempts, state, provider, answered_by } = call;
  const isOpen = state === "asking" || state === "answering";
  return (
    <ol class="route" aria-label="Route">
      {attempts.map(({ provider: who, model, key, outcome, code, ms, reason }, index) => (
        <li key={index} class={outcome} title={reason === undefined ? undefined : visible(reason)}>
          <span aria-hidden="true">{SIGNS[outcome]}</span> <bdi>{visible(nameOf(who, model))}</bdi>{" "}
          {key !== undefined && (
            <>
              <Key of={key} />{" "}
            </>
          )}
          <span class="end">
            {WORDS[outcome]}
            {code !== undefined && ` (${code})`}
            {outcome !== "skipped" && `, ${formatMs(ms)}`}
          </span>
        </li>
      ))}
      {isOpen && (
        <li class="open">
          <span aria-hidden="true" class="spinner" />{" "}
          {state === "answering" && provider !== undefined ? (
            <bdi>{visible(nameOf(provider, answered_by))}</bdi>
          ) : (
            "the next"
          )}{" "}
          <span class="end">{state === "answering" ? "answers" : "is asked"}</span>
        </li>
      )}
    </ol>
  );
}

function nameOf(provider: string, model: string | undefined): string {
  return model === undefined || model === "" ? provider : `${provider}/${model}`;
}
