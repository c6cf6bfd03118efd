import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { fieldsOf, quote } from "@fallthrough/core/provider";
import { usageError } from "../failure.ts";
import { unwritten } from "../write-failure.ts";

/** The file of answers, to which each is added when it is there. */
export interface ResultsFile {
  /** The ids of the lines that were answered before. */
  readonly answered: ReadonlySet<string>;
  /** Adds a line; @throws where it cannot be written, on a full disk for example */
  add(result: object): void;
  /** Sees to it that all of it is on the disk. */
  close(): void;
}

/**
 * Opens a file of answers, and keeps those that are in it.
 *
 * A line that was cut, and one that tells a failure, is taken out: it is asked again.
 *
 * @throws `config` for a file that holds something else, and for one that cannot be written
 */
export function openResults(path: string): ResultsFile {
  // a device or a pipe keeps nothing, and reading it may never end
  const isFile = statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
  const answered = isFile ? keepAnswered(path) : new Set<string>();
  const descriptor = writing(path, () => openSync(path, "a"));
  return {
    answered,
    add(result) {
      const bytes = Buffer.from(`${JSON.stringify(result)}\n`);
      for (let written = 0; written < bytes.length; )
        written += writing(path, () => writeSync(descriptor, bytes, written));
    },
    close() {
      try {
        fsyncSync(descriptor);
      } catch {
        // a pipe and some file systems cannot
      }
      closeSync(descriptor);
    },
  };
}

function writing<Value>(path: string, write: () => Value): Value {
  try {
    return write();
  } catch (error) {
    throw unwritten(quote(path), error);
  }
}

function keepAnswered(path: string): Set<string> {
  const text = readFileSync(path, "utf8");
  const lines = text.split("\n");
  // what follows the last line break was cut when it was written
  const whole = lines.slice(0, -1).filter((line) => line.trim() !== "");
  const answered = new Set<string>();
  const kept = whole.filter((line, place) => {
    const { id, isAnswer } = readResult(line, path, place + 1);
    if (isAnswer) answered.add(id);
    return isAnswer;
  });
  if (whole.length === 0 && text.trim() !== "" && !text.trimStart().startsWith("{")) throw notOurs(path, 1);
  const left = kept.map((line) => `${line}\n`).join("");
  if (left !== text) {
    // the file is whole at any time, also when this is interrupted
    writing(path, () => {
      writeFileSync(`${path}.tmp`, left);
      renameSync(`${path}.tmp`, path);
    });
  }
  return answered;
}

function readResult(line: string, path: string, number: number): { id: string; isAnswer: boolean } {
  let fields: { readonly [name: string]: unknown };
  try {
    fields = fieldsOf(JSON.parse(line));
  } catch {
    throw notOurs(path, number);
  }
  const { id, custom_id: customId, response, error, route } = fields;
  if (typeof customId === "string")
    return { id: customId, isAnswer: fieldsOf(response)["status_code"] === 200 && !error };
  if (typeof id === "string" && typeof route === "object") return { id, isAnswer: error === undefined };
  throw notOurs(path, number);
}

function notOurs(path: string, number: number): Error {
  return usageError(
    `${quote(path)} holds something else than answers in line ${number}, expected another file, or none`,
  );
}
