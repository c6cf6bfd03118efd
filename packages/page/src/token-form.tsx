import { useEffect, useRef } from "preact/hooks";

/** Asks for the token; it is kept until the tab is closed, and sent as a header. */
export function TokenForm({
  isWrong,
  onEnter,
}: {
  readonly isWrong: boolean;
  readonly onEnter: (token: string) => void;
}) {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), [isWrong]);
  return (
    <form
      class="card token"
      onSubmit={(event) => {
        event.preventDefault();
        const token = field.current?.value.trim() ?? "";
        if (token !== "") onEnter(token);
      }}
    >
      <label for="token">Token</label>
      <div class="row">
        <input
          id="token"
          ref={field}
          type="password"
          autocomplete="off"
          spellcheck={false}
          aria-describedby="token-help"
          aria-invalid={isWrong}
        />
        <button type="submit">Enter</button>
      </div>
      <p id="token-help" class={isWrong ? "bad" : "empty"} role={isWrong ? "alert" : undefined}>
        {isWrong
          ? "The gateway refused this token. Expected the one of `fallthrough serve --token` or FALLTHROUGH_TOKEN."
          : "The one of `fallthrough serve --token` or FALLTHROUGH_TOKEN. It stays in this tab."}
      </p>
    </form>
  );
}
