import { useState } from "preact/hooks";
import { Calls } from "./calls.tsx";
import { Candidates } from "./candidates.tsx";
import { Chat } from "./chat.tsx";
import { Connect } from "./connect.tsx";
import { Overview } from "./overview.tsx";
import { Problems } from "./problems.tsx";
import { TokenForm } from "./token-form.tsx";
import { useFeed } from "./use-feed.ts";
import { useNow } from "./use-now.ts";

/** Kept until the tab is closed. */
const TOKEN_KEY = "fallthrough-token";

/** The whole page. */
export function App() {
  const [token, setToken] = useState(readToken);
  const feed = useFeed(token);
  const now = useNow() + feed.aheadMs;
  const { link, status, calls } = feed;

  function enter(next: string): void {
    try {
      if (next === "") sessionStorage.removeItem(TOKEN_KEY);
      else sessionStorage.setItem(TOKEN_KEY, next);
    } catch {
      // a browser that stores nothing keeps it in memory
    }
    setToken(next);
  }

  const isOpen = link !== "unauthorized";
  return (
    <>
      <header class="top">
        <h1>
          <Mark /> fallthrough
        </h1>
        {token !== "" && isOpen && (
          <button type="button" class="quiet" onClick={() => enter("")}>
            Forget the token
          </button>
        )}
      </header>
      <main class={link === "lost" ? "stale" : ""}>
        <Overview feed={feed} now={now} />
        {link === "unauthorized" && <TokenForm isWrong={token !== ""} onEnter={enter} />}
        {isOpen && (
          <div class="columns">
            <div class="column">
              {status !== undefined && (
                <>
                  <Problems status={status} />
                  <Candidates candidates={status.candidates} now={now} />
                  <Calls calls={calls} />
                </>
              )}
            </div>
            <div class="column">
              <Chat token={token} calls={calls} isReady={link === "live" || link === "forbidden"} />
              <Connect needsToken={token !== ""} />
            </div>
          </div>
        )}
      </main>
    </>
  );
}

function readToken(): string {
  try {
    return sessionStorage.getItem(TOKEN_KEY) ?? "";
  } catch {
    return "";
  }
}

function Mark() {
  return (
    <svg viewBox="0 0 16 16" class="mark" aria-hidden="true">
      <path d="M2 3h12M2 8h8M8 8v6m-3-3 3 3 3-3" />
    </svg>
  );
}
