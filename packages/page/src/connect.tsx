import { useState } from "preact/hooks";

const DIALECTS: readonly (readonly [name: string, path: string, note: string])[] = [
  ["OpenAI: chat completions and Responses", "/v1", "OPENAI_BASE_URL"],
  ["Anthropic: Messages", "", "ANTHROPIC_BASE_URL"],
  ["Ollama", "", "OLLAMA_HOST"],
  ["Prometheus", "/metrics", "scrape target"],
];
const COPIED_MS = 2_000;

/** Where programs reach the gateway. */
export function Connect({ needsToken }: { readonly needsToken: boolean }) {
  return (
    <section class="card" aria-labelledby="connect">
      <h2 id="connect">Point a program here</h2>
      <ul class="connect">
        {DIALECTS.map(([name, path, note]) => (
          <Address key={name} name={name} note={note} url={`${location.origin}${path}`} />
        ))}
      </ul>
      <p class="empty">
        The model is <code>auto</code>, or any name of the list above.
        {needsToken && " The key is the token of this gateway."}
      </p>
    </section>
  );
}

function Address({
  name,
  note,
  url,
}: {
  readonly name: string;
  readonly note: string;
  readonly url: string;
}) {
  const [state, setState] = useState<"idle" | "copied" | "failed">("idle");

  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(url);
      setState("copied");
    } catch {
      // a page without TLS, on another machine, may not
      setState("failed");
    }
    setTimeout(() => setState("idle"), COPIED_MS);
  }

  return (
    <li>
      <span class="name">
        {name} <span class="note">{note}</span>
      </span>
      <span class="row">
        <code>{url}</code>
        <button
          type="button"
          class="quiet"
          aria-label={`Copy the address for ${name}`}
          onClick={() => void copy()}
        >
          {state === "copied" ? "Copied" : state === "failed" ? "Select it" : "Copy"}
        </button>
      </span>
      <span class="hidden" role="status">
        {state === "copied" ? "Copied" : state === "failed" ? "The browser refused to copy" : ""}
      </span>
    </li>
  );
}
