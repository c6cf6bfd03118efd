import type { Age, AgeRun, AgeSample } from "../ages.ts";
import type { Client } from "../client.ts";
import { checkText, readStream } from "../read.ts";
import { median } from "../statistics.ts";
import { measure } from "../turns.ts";
import { formatBaseURL } from "../upstream/answer.ts";
import { textOf } from "../upstream/text.ts";
import { loadClient } from "./load-client.ts";

// a process of its own, whose code is as old as the run says
const { name, origin, answer, whole, ages, calls } = JSON.parse(process.argv[2] ?? "") as AgeRun;
const expected = textOf(answer);
const client = (await loadClient(name))(formatBaseURL(origin, answer));
const samples: Partial<Record<Age, AgeSample>> = {};
for (const age of ages) {
  if (age === "hot") await call(client, calls.warmUp);
  samples[age] = await sample(age);
}
process.send?.(samples, () => process.exit());

/** Microseconds to the first text, or to the whole answer, and of CPU; of batches, because a small call is below the clock's grain. */
async function sample(age: Age): Promise<AgeSample> {
  const times: number[] = [];
  const costs: number[] = [];
  const count = age === "collected" ? calls.collected : calls.measured;
  const batch = age === "collected" ? 1 : calls.batch;
  for (let made = 0; made < count; made += batch) {
    if (age === "collected") globalThis.gc?.();
    const { cpu } = await measure(async () => {
      times.push(...(await call(client, batch)));
    });
    costs.push(cpu / batch);
  }
  return {
    time: median(times),
    // young calls are unlike each other, so all of them count
    cpu: age === "young" ? costs.reduce((sum, cost) => sum + cost, 0) / costs.length : median(costs),
  };
}

async function call(asked: Client, count: number): Promise<readonly number[]> {
  const times: number[] = [];
  for (let made = 0; made < count; made += 1) {
    const start = performance.now();
    const { text, firstAt } = whole
      ? { text: await asked.whole(), firstAt: performance.now() }
      : await readStream(asked);
    times.push((firstAt - start) * 1_000);
    checkText(name, text, expected);
  }
  return times;
}
