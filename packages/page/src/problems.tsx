import { visible } from "./format.ts";
import type { Status } from "./gateway.ts";

/** What is wrong, and how to mend it; then what could be added. */
export function Problems({ status }: { readonly status: Pick<Status, "problems" | "absent"> }) {
  const { problems, absent } = status;
  return (
    <>
      {problems.length > 0 && (
        <section class="card problems" aria-labelledby="problems">
          <h2 id="problems">To be mended</h2>
          <ul>
            {problems.map(({ what, how }) => (
              <li key={what}>
                <bdi class="what">{visible(what)}</bdi> <span class="how">{how}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
      {absent.length > 0 && (
        <details class="card absent">
          <summary>{absent.length} more providers could answer</summary>
          <ul>
            {absent.map(({ id, name, reason, page }) => (
              <li key={id}>
                <b>{name}</b> <bdi>{visible(reason)}</bdi>
                {page !== undefined && /^https:\/\//.test(page) && (
                  <>
                    {" "}
                    <a href={page} rel="noreferrer noopener" target="_blank">
                      where to get it
                    </a>
                  </>
                )}
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}
