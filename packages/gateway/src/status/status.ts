import type { CandidateLimit, CandidateStep, RefusedAbility } from "@fallthrough/registry";
import type { CallEntry } from "./call-list.ts";
import type { CandidateCounts, MinuteCounts } from "./candidate-counts.ts";

/** What `GET /status` answers: how a gateway is, without any text of a call. */
export interface Status {
  readonly object: "status";
  /** `ok`: the first candidate is well; `limited`: another has to answer; `down`: nobody can be asked now. */
  readonly state: "ok" | "limited" | "down";
  /** Who would be asked first now; absent where nobody would. */
  readonly answers?: string | undefined;
  /** When somebody may be asked again, where nobody can now. */
  readonly retry_at?: string | undefined;
  /** When the gateway started. */
  readonly since: string;
  /** When this was so. */
  readonly now: string;
  /** Calls in flight. */
  readonly running: number;
  /** Those that `auto` asks, in order, then others that are not well or were asked. */
  readonly candidates: readonly StatusCandidate[];
  /** What is wrong, and how to mend it. */
  readonly problems: readonly StatusProblem[];
  /** Providers that could be asked once something is there. */
  readonly absent: readonly StatusAbsence[];
  /** The last calls, the newest first. */
  readonly calls: readonly CallEntry[];
}

/** How one candidate is. */
export interface StatusCandidate {
  /** `provider/model`, or the provider alone where no model is named. */
  readonly id: string;
  /** The provider's name, for people. */
  readonly name: string;
  /** The provider's id. */
  readonly provider: string;
  /** The model's id. */
  readonly model?: string | undefined;
  /** Which of its provider's keys it is asked with, by position and mark; absent where there are not several. */
  readonly key?: CandidateStep["key"];
  /** Whether `auto` asks it, if those before it fail. */
  readonly outcome: CandidateStep["outcome"];
  /** Whether `auto` may ask it at all. */
  readonly in_auto: boolean;
  /** What is remembered of it. */
  readonly state: CandidateStep["state"];
  /** The failure behind the state. */
  readonly code?: string | undefined;
  /** Why it is not asked in its turn. */
  readonly reason?: string | undefined;
  /** When the state began. */
  readonly since?: string | undefined;
  /** When the state ends by itself. */
  readonly until?: string | undefined;
  /** What would end the state. */
  readonly ended_by?: string | undefined;
  /** What is left of its limits. */
  readonly limits: readonly StatusLimit[];
  /** What its model refused. */
  readonly refused: readonly StatusRefusal[];
  /** Attempts since the gateway started, by how they ended. */
  readonly counts: CandidateCounts["outcomes"];
  /** Tokens since the gateway started. */
  readonly tokens: {
    /** Those of its requests. */
    readonly input: number;
    /** Those of its answers. */
    readonly output: number;
  };
  /** The median of the last times to the first content, in milliseconds. */
  readonly first_ms?: number | undefined;
  /** The failure that came last. */
  readonly last_error?: StatusError | undefined;
  /** The last 60 minutes, the current one last. */
  readonly minutes: readonly MinuteCounts[];
}

/** What is left of one limit. */
export interface StatusLimit extends Omit<CandidateLimit, "until"> {
  /** When all of it is there again. */
  readonly until?: string | undefined;
}

/** What a model refuses for a while. */
export interface StatusRefusal extends Omit<RefusedAbility, "until"> {
  /** When a call that needs it is let through again. */
  readonly until: string;
}

/** A failure that came last. */
export interface StatusError {
  /** When. */
  readonly at: string;
  /** Its code. */
  readonly code: string;
  /** Its words. */
  readonly message: string;
  /** What to do. */
  readonly fix?: string | undefined;
  /** The page that explains it. */
  readonly help?: string | undefined;
}

/** What is wrong. */
export interface StatusProblem {
  /** What. */
  readonly what: string;
  /** How to mend it. */
  readonly how: string;
}

/** A provider that is not there. */
export interface StatusAbsence {
  /** Its id. */
  readonly id: string;
  /** Its name. */
  readonly name: string;
  /** What is missing, after the name of the provider. */
  readonly reason: string;
  /** Where to get what is missing. */
  readonly page?: string | undefined;
}
