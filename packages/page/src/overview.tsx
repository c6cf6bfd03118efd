import { count, formatLeft, formatTime, visible } from "./format.ts";
import type { Feed } from "./use-feed.ts";

/** What one sees first: whether it works, and who answers. */
export function Overview({ feed, now }: { readonly feed: Feed; readonly now: number }) {
  const { mood, headline, detail } = describe(feed, now);
  return (
    <section class={`overview ${mood}`} aria-label="Overview">
      <span class="lamp" aria-hidden="true" />
      <div>
        <p class="headline" role="status">
          {headline}
        </p>
        <p class="detail">{detail}</p>
      </div>
    </section>
  );
}

function describe(
  { link, status, heardAt }: Feed,
  now: number,
): { readonly mood: string; readonly headline: string; readonly detail: string } {
  if (link === "unauthorized") {
    return {
      mood: "unknown",
      headline: "This gateway asks for a token.",
      detail: "It runs, and lets nobody in without one.",
    };
  }
  if (link === "forbidden") {
    const detail = "What all share is not shown to it. The chat below works.";
    return { mood: "unknown", headline: "This token may ask for some models only.", detail };
  }
  if (link === "lost") {
    const seen = heardAt === 0 ? "" : ` What you see is from ${formatTime(heardAt)}.`;
    return {
      mood: "lost",
      headline: "The connection to the gateway is lost.",
      detail: `Trying again.${seen}`,
    };
  }
  if (status === undefined) return { mood: "unknown", headline: "Looking at the gateway ...", detail: "" };

  const usual = status.candidates.filter((one) => one.in_auto);
  const well = usual.filter(({ state }) => state === "well").length;
  const detail = [
    `${well} of ${count(usual.length, "candidate")} well`,
    `${count(status.running, "call")} in flight`,
    `running for ${formatLeft(now - Date.parse(status.since))}`,
  ].join(" \u00b7 ");
  const answers = visible(status.answers ?? "");
  if (status.state === "ok") return { mood: "ok", headline: `It works. ${answers} answers.`, detail };
  if (status.state === "limited") {
    return { mood: "limited", headline: `It works, with a fallback. ${answers} answers.`, detail };
  }
  const again =
    status.retry_at === undefined ? "" : ` Next try in ${formatLeft(Date.parse(status.retry_at) - now)}.`;
  return { mood: "down", headline: `Nobody can answer now.${again}`, detail };
}
