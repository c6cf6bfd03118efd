import { count } from "./format.ts";
import type { StatusCandidate } from "./gateway.ts";

const HEIGHT = 24;
const KINDS = ["answered", "skipped", "failed"] as const;

/** A bar for each of the last 60 minutes: its height says how many calls, its colours how they ended. */
export function Minutes({ minutes }: Pick<StatusCandidate, "minutes">) {
  const totals = minutes.map((minute) => KINDS.reduce((sum, kind) => sum + minute[kind], 0));
  const most = Math.max(1, ...totals);
  const [answered, skipped, failed] = KINDS.map((kind) =>
    minutes.reduce((sum, minute) => sum + minute[kind], 0),
  ) as [number, number, number];
  const label = `The last 60 minutes: ${count(answered, "answer")}, ${count(failed, "failure")}, passed over ${count(skipped, "time")}`;
  return (
    <svg
      class="minutes"
      viewBox={`0 0 ${minutes.length * 5} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      {minutes.map((minute, index) => {
        const total = totals[index] ?? 0;
        let y = HEIGHT;
        const full = total === 0 ? 2 : Math.max(6, (HEIGHT * total) / most);
        if (total === 0) return <rect class="none" x={index * 5} y={HEIGHT - 2} width="4" height="2" />;
        return KINDS.map((kind) => {
          const height = (full * minute[kind]) / total;
          y -= height;
          return height > 0 && <rect class={kind} x={index * 5} y={y} width="4" height={height} />;
        });
      })}
    </svg>
  );
}
