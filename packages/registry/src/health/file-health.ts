import { objectOf, parseInput, wrongValue } from "@fallthrough/core/internal";
import type { FileHealth } from "./file-store.ts";
import type { Instance } from "./subjects.ts";

export type { FileHealth };

/** Where the processes of one machine remember failures together. */
export interface FileHealthOptions {
  /** The file; a missing folder is made. */
  readonly path: string;
}

const parseOptions = objectOf<FileHealthOptions>({ path: parsePath }, { required: ["path"] });

/**
 * A health store in a file, for the processes of one machine: a command that runs once for each call, for example.
 *
 * The file has mode 0600 and holds counts, codes and times, and never a prompt, a key or the text of an error. A file
 * that is broken, locked or cannot be written fails no call: the process goes on with what it knows itself.
 *
 * @throws `config` for options that are wrong
 */
export function createFileHealth(options: FileHealthOptions): FileHealth {
  const { path } = parseInput(options, parseOptions, {
    code: "config",
    whole: "the options of createFileHealth()",
    field: "createFileHealth() option",
  });
  let store: FileHealth | undefined;
  let loading: Promise<FileHealth> | undefined;

  // who uses no file loads nothing of this
  async function load(): Promise<FileHealth> {
    const { createFileStore } = await import("./file-store.ts");
    store ??= createFileStore(path);
    return store;
  }

  function ask<Told>(verb: (store: FileHealth) => Told): Told | Promise<Awaited<Told>> {
    if (store !== undefined) return verb(store);
    loading ??= load();
    return loading.then(verb) as Promise<Awaited<Told>>;
  }

  return {
    peek: (subject, accepted) => ask((file) => file.peek(subject, accepted)),
    room: (subject, accepted) => ask((file) => file.room(subject, accepted)),
    admit: (subject, accepted) => ask((file) => file.admit(subject, accepted)),
    commit: (permit) => ask((file) => file.commit(permit)),
    note: (permit, limits) => ask((file) => file.note(permit, limits)),
    succeed: (permit, usage) => ask((file) => file.succeed(permit, usage)),
    fail: (permit, failure) => ask((file) => file.fail(permit, failure)),
    release: (permit, how) => ask((file) => file.release(permit, how)),
    reset: (instance?: Instance) => ask((file) => file.reset(instance)),
    flush: async () => store?.flush(),
  };
}

function parsePath(value: unknown): string {
  if (typeof value === "string" && value.trim() !== "" && !value.includes("\0")) return value;
  throw wrongValue(value, "the path of a file");
}
