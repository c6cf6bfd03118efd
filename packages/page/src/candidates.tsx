import { Advice } from "./advice.tsx";
import { formatLeft, formatMs, formatTime, visible } from "./format.ts";
import type { StatusCandidate, StatusLimit } from "./gateway.ts";
import { Key } from "./key.tsx";
import { Minutes } from "./minutes.tsx";

/** What each state means to a person. */
const STATES: Readonly<Record<StatusCandidate["state"], readonly [sign: string, word: string]>> = {
  well: ["\u2713", "well"],
  suspect: ["?", "silent"],
  cooling: ["\u23f8", "cooling down"],
  probing: ["\u21bb", "being tested"],
  refused: ["\u2715", "left out"],
};

/** Everybody who may be asked, in order. */
export function Candidates({
  candidates,
  now,
}: {
  readonly candidates: readonly StatusCandidate[];
  readonly now: number;
}) {
  return (
    <section class="card" aria-labelledby="candidates">
      <div class="heading">
        <h2 id="candidates">Who is asked, in this order</h2>
        {candidates.length > 0 && <span class="note">bars: the last 60 minutes</span>}
      </div>
      {candidates.length === 0 && <p class="empty">Nobody yet.</p>}
      <ol class="candidates">
        {candidates.map((one) => (
          <Candidate key={`${one.id} ${one.key?.position}`} candidate={one} now={now} />
        ))}
      </ol>
    </section>
  );
}

function Candidate({ candidate, now }: { readonly candidate: StatusCandidate; readonly now: number }) {
  const { id, key, state, code, outcome, until, counts, first_ms, last_error, limits, minutes, in_auto } =
    candidate;
  // a card may rule one out that is well
  const [sign, word] = state === "well" && outcome === "skipped" ? ["\u2013", "not asked"] : STATES[state];
  const mood = state === "well" && outcome === "skipped" ? "off" : state;
  const left = until === undefined ? 0 : Date.parse(until) - now;
  const why = [code, left > 0 ? `${formatLeft(left)} left` : undefined].filter(Boolean).join(", ");
  return (
    <li class={`candidate ${mood}`}>
      <div class="who">
        <bdi class="id">{visible(id)}</bdi>
        {key !== undefined && <Key of={key} />}
        <span class={`pill ${mood}`}>
          <span aria-hidden="true">{sign}</span> {word}
          {why !== "" && <span class="why">{why}</span>}
        </span>
        {!in_auto && <span class="note">only by name</span>}
      </div>
      <Minutes minutes={minutes} />
      <dl class="facts">
        <Fact name="first text">{first_ms === undefined ? "\u2013" : formatMs(first_ms)}</Fact>
        <Fact name="answers">{counts.answered.toLocaleString()}</Fact>
        <Fact name="failures">{counts.failed.toLocaleString()}</Fact>
        {limits.map((limit) => (
          <Limit key={`${limit.unit} ${limit.window}`} limit={limit} />
        ))}
      </dl>
      {state === "well" && outcome === "skipped" && candidate.reason !== undefined && (
        <p class="words">{visible(candidate.reason)}</p>
      )}
      {last_error !== undefined && state !== "well" && (
        <>
          <p class="words">
            {formatTime(last_error.at)} <bdi>{visible(last_error.message)}</bdi>
          </p>
          <Advice of={last_error} />
        </>
      )}
    </li>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Limit({ limit: { unit, window, limit, left, text } }: { readonly limit: StatusLimit }) {
  const name = window === undefined ? `${unit} left` : `${unit} left this ${window}`;
  return (
    <Fact name={name}>
      <span title={text}>
        {limit === undefined
          ? left.toLocaleString()
          : `${left.toLocaleString()} of ${limit.toLocaleString()}`}
      </span>
      {limit !== undefined && <meter aria-label={name} min={0} max={limit} low={limit / 5} value={left} />}
    </Fact>
  );
}
