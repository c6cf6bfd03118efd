import { formatMs, formatTime, visible } from "./format.ts";
import type { CallEntry } from "./gateway.ts";
import { RouteOf } from "./route.tsx";

/** The last calls, each as its route. */
export function Calls({ calls }: { readonly calls: readonly CallEntry[] }) {
  return (
    <section class="card" aria-labelledby="calls">
      <h2 id="calls">The last calls</h2>
      {calls.length === 0 && (
        <p class="empty">None yet. Ask something, or point a program at this gateway.</p>
      )}
      <ol class="calls" tabIndex={calls.length > 0 ? 0 : -1} aria-label="Calls">
        {calls.map((call) => (
          <Call key={`${call.at} ${call.id}`} call={call} />
        ))}
      </ol>
    </section>
  );
}

function Call({ call }: { readonly call: CallEntry }) {
  const { at, model, client, code, status, ms, state, attempts, first_ms } = call;
  const isOver = state === "answered" || state === "failed" || state === "aborted";
  const end =
    state === "failed"
      ? `failed${code === undefined ? "" : ` (${code})`}`
      : state === "aborted"
        ? "stopped"
        : "";
  return (
    <li class={`call ${state}`}>
      <div class="line">
        <time dateTime={at}>{formatTime(at)}</time>
        <bdi class="model">{visible(model || "\u2013")}</bdi>
        {client !== undefined && <bdi class="note">{visible(client)}</bdi>}
        {end !== "" && (
          <span class="end bad">
            {end}
            {status !== undefined && status >= 400 && ` ${status}`}
          </span>
        )}
        {isOver && (
          <span class="took">
            {first_ms !== undefined && `first text ${formatMs(first_ms)}, `}
            {ms !== undefined && formatMs(ms)}
          </span>
        )}
      </div>
      {(attempts.length > 0 || !isOver) && <RouteOf call={call} />}
    </li>
  );
}
