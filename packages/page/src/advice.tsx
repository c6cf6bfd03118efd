import { visible } from "./format.ts";
import type { Problem } from "./gateway.ts";

/** What to do about a failure, and where more is to be read. */
export function Advice({ of: { fix, help } }: { readonly of: Omit<Problem, "message"> }) {
  if (fix === undefined) return null;
  return (
    <p class="words">
      <b>{visible(fix)}</b>
      {help !== undefined && /^https:\/\//.test(help) && (
        <>
          {" "}
          <a href={help} rel="noreferrer noopener" target="_blank">
            more about it
          </a>
        </>
      )}
    </p>
  );
}
