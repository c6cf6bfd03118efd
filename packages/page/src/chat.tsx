import { useEffect, useRef, useState } from "preact/hooks";
import { Advice } from "./advice.tsx";
import { count, visible } from "./format.ts";
import { ask, type CallEntry } from "./gateway.ts";
import { RouteOf } from "./route.tsx";
import { type Turn, useChat } from "./use-chat.ts";

/** Blocks of an answer that are shown; the rest can be copied. */
const MOST_BLOCKS = 32;

/** A conversation with the chain, with the route under each answer. */
export function Chat({
  token,
  calls,
  isReady,
}: {
  readonly token: string;
  readonly calls: readonly CallEntry[];
  readonly isReady: boolean;
}) {
  const { turns, isRunning, send, stop, clear } = useChat(token);
  const models = useModels(token, isReady);
  const [model, setModel] = useState("auto");
  const field = useRef<HTMLTextAreaElement>(null);
  const log = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const { current } = log;
    if (current !== null) current.scrollTop = current.scrollHeight;
  }, [turns]);

  function submit(event: Event): void {
    event.preventDefault();
    const question = field.current?.value.trim() ?? "";
    if (question === "" || isRunning) return;
    send(question, model);
    if (field.current !== null) field.current.value = "";
  }

  return (
    <section class="card chat" aria-labelledby="chat">
      <div class="heading">
        <h2 id="chat">Ask</h2>
        {turns.length > 0 && (
          <button type="button" class="quiet" onClick={clear}>
            Start anew
          </button>
        )}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a log that scrolls is reached by keyboard */}
      <div class="log" ref={log} role="log" aria-label="Conversation" aria-busy={isRunning} tabIndex={0}>
        {turns.length === 0 && (
          <p class="empty">The question falls through the chain until somebody answers.</p>
        )}
        {turns.map((turn) => (
          <Exchange key={turn.id} turn={turn} call={calls.find(({ id }) => id === turn.id)} />
        ))}
      </div>
      <form onSubmit={submit}>
        <label for="question" class="hidden">
          Question
        </label>
        <textarea
          id="question"
          ref={field}
          rows={3}
          placeholder="Why is the sky blue?"
          onKeyDown={(event) => {
            if (event.key === "Enter" && !event.shiftKey && !event.isComposing) submit(event);
          }}
        />
        <div class="row">
          <label for="model" class="hidden">
            Model
          </label>
          <select id="model" value={model} onChange={(event) => setModel(event.currentTarget.value)}>
            {models.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
          {isRunning ? (
            <button type="button" onClick={stop}>
              Stop
            </button>
          ) : (
            <button type="submit" disabled={!isReady}>
              Send
            </button>
          )}
        </div>
      </form>
    </section>
  );
}

function Exchange({ turn, call }: { readonly turn: Turn; readonly call: CallEntry | undefined }) {
  const { question, blocks, state, problem } = turn;
  const more = blocks.slice(MOST_BLOCKS).reduce((sum, block) => sum + block.length, 0);
  return (
    <article class="exchange" aria-label={`Question: ${question.slice(0, 80)}`}>
      <p class="question" dir="auto">
        {visible(question)}
      </p>
      <div class="answer" dir="auto">
        {blocks.slice(0, MOST_BLOCKS).map((block, index) => (
          <span key={index}>{visible(block)}</span>
        ))}
        {state === "running" && <span class="caret" aria-hidden="true" />}
      </div>
      {more > 0 && (
        <p class="empty">
          {count(more, "more character")} not shown.{" "}
          <button
            type="button"
            class="quiet"
            onClick={() => void navigator.clipboard.writeText(blocks.join(""))}
          >
            Copy all
          </button>
        </p>
      )}
      {state === "stopped" && <p class="empty">Stopped.</p>}
      {problem !== undefined && (
        <div role="alert">
          <p class="bad">
            <bdi>{visible(problem.message)}</bdi>
          </p>
          <Advice of={problem} />
        </div>
      )}
      {call !== undefined && <RouteOf call={call} />}
    </article>
  );
}

/** Every name that may be asked for. */
function useModels(token: string, isReady: boolean): readonly string[] {
  const [models, setModels] = useState<readonly string[]>(["auto"]);
  useEffect(() => {
    if (!isReady) return;
    const page = new AbortController();
    ask("/v1/models", token, { signal: page.signal })
      .then(async (response) => {
        const { data } = (await response.json()) as { readonly data: readonly { readonly id: string }[] };
        if (data.length > 0) setModels(data.map(({ id }) => id));
      })
      // `auto` stays
      .catch(() => {});
    return () => page.abort();
  }, [token, isReady]);
  return models;
}
