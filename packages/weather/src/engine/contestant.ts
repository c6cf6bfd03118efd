import type { Call, World } from "./world.ts";

/** Tells of the first text of an answer as it comes. */
export type OnText = () => void;

/** Something that decides who is asked. */
export interface Contestant {
  readonly name: string;
  /** Sets it up anew, with no memory of earlier runs. */
  create(world: World): Asker;
}

/** A contestant in one run. */
export interface Asker {
  /** Gives the id of the service whose answer the caller got, whole; rejects where he got none. */
  ask(call: Call, onText: OnText): Promise<string>;
  /** Whether it waits for something that is not simulated. */
  isBusy?(): boolean;
  close(): Promise<void> | void;
}
