import { pause } from "./pause.ts";

/** What keeps this process alive, by kind. */
export interface OpenResources {
  readonly timers: number;
  readonly sockets: number;
}

/** How long what is open may stay so behind the end of what needed it. */
const LEFT_MS = 10_000;

/** What keeps this process alive now. */
export function openResources(): OpenResources {
  const names = process.getActiveResourcesInfo();
  const count = (wanted: string): number => names.filter((name) => name === wanted).length;
  return { timers: count("Timeout"), sockets: count("TCPSocketWrap") };
}

/** What is open that was not open before, and does not go by itself. */
export async function leftOpen(before: OpenResources): Promise<readonly string[]> {
  await until(() => openedSince(before).length === 0);
  return openedSince(before);
}

/** Looks again and again whether this holds, but not for ever. */
export async function until(holds: () => boolean): Promise<boolean> {
  const deadline = performance.now() + LEFT_MS;
  while (!holds() && performance.now() < deadline) await pause(2);
  return holds();
}

function openedSince(before: OpenResources): readonly string[] {
  const now = openResources();
  const kinds = Object.keys(now) as (keyof OpenResources)[];
  return kinds.flatMap((kind) =>
    now[kind] > before[kind] ? [`${now[kind] - before[kind]} ${kind} are left`] : [],
  );
}
