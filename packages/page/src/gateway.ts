import type { CallEntry } from "../../gateway/src/status/call-list.ts";
import type { Status } from "../../gateway/src/status/status.ts";

export type { AttemptEntry, CallEntry } from "../../gateway/src/status/call-list.ts";
export type { Status, StatusCandidate, StatusLimit } from "../../gateway/src/status/status.ts";

/** What the gateway tells as it happens. */
export type GatewayEvent =
  | { readonly name: "status"; readonly data: Omit<Status, "calls"> & Partial<Pick<Status, "calls">> }
  | { readonly name: "call"; readonly data: CallEntry };

/** What went wrong, and what to do about it. */
export interface Problem {
  readonly message: string;
  readonly fix?: string | undefined;
  /** The page that explains it. */
  readonly help?: string | undefined;
}

/** The gateway told what went wrong, in place of an answer or in the middle of one. */
export class Refused extends Error {
  readonly status: number;
  readonly problem: Problem;

  constructor(status: number, problem: Problem) {
    super(problem.message);
    this.status = status;
    this.problem = problem;
  }
}

/** A gateway that sends a comment at least every 15 s is lost after so long without a byte. */
const SILENCE_MS = 40_000;

/** Asks the gateway; the token is sent as a header, and nowhere else. */
export async function ask(path: string, token: string, options: RequestInit = {}): Promise<Response> {
  const authorization = token === "" ? {} : { authorization: `Bearer ${token}` };
  const headers = { ...authorization, ...(options.headers as Record<string, string> | undefined) };
  const response = await fetch(path, { ...options, headers, cache: "no-store", redirect: "error" });
  if (response.ok) return response;
  const told = (await response.json().catch(() => undefined)) as
    | { readonly error?: Partial<Problem> }
    | undefined;
  throw new Refused(response.status, { message: `the gateway answered ${response.status}`, ...told?.error });
}

/** The data of each server-sent event, with its name; ends when the gateway ends it, and throws where it is silent. */
export async function* readEvents(
  response: Response,
  silenceMs: number = SILENCE_MS,
): AsyncGenerator<{ readonly name: string; readonly data: string }, void> {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await within(reader.read(), silenceMs);
      if (done) return;
      const frames = (rest + decoder.decode(value, { stream: true })).split("\n\n");
      rest = frames.pop() ?? "";
      for (const frame of frames) {
        const lines = frame.split("\n");
        const name = lines.find((line) => line.startsWith("event: "))?.slice(7) ?? "message";
        const data = lines.flatMap((line) => (line.startsWith("data: ") ? [line.slice(6)] : []));
        if (data.length > 0) yield { name, data: data.join("\n") };
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

async function within<Value>(promise: Promise<Value>, ms: number): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("the gateway is silent")), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
