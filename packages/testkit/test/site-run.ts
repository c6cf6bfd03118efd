import { onTestFinished } from "vitest";
import { startUpstreams, type Upstreams, type UpstreamsOptions } from "../src/upstreams.ts";

/** Starts stand-ins that are closed after the test. */
export async function runSites(options?: UpstreamsOptions): Promise<Upstreams> {
  const upstreams = await startUpstreams(options);
  onTestFinished(() => upstreams.close());
  return upstreams;
}

/** The data of every event in a stream, each preceded by its name where it has one. */
export function eventsOf(text: string): string[] {
  return text.split("\n\n").flatMap((event) => {
    const name = /^event: (.*)$/m.exec(event)?.[1];
    const data = /^data: (.*)$/m.exec(event)?.[1];
    return data === undefined ? [] : [name === undefined ? data : `${name} ${data}`];
  });
}
