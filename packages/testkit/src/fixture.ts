import { readdirSync, readFileSync } from "node:fs";
import { type RecordedResponse, readRecording } from "./recording.ts";

const ROOT = new URL("../fixtures/", import.meta.url);

/** The recorded answer of a case, `ok-json` for example, in a folder of the packaged recordings. */
export function loadAnswer(folder: string, name: string): RecordedResponse {
  const directory = new URL(`${folder}/`, ROOT);
  const file = readdirSync(directory).find((entry) => entry.replace(/^\d+-/, "") === `${name}.txt`);
  const response = file && readRecording(new URL(file, directory)).response;
  if (!response) throw new Error(`no recorded answer ${JSON.stringify(name)} in ${folder}`);
  return response;
}

/** A packaged text, such as a page that was never recorded. */
export function loadText(file: string): string {
  return readFileSync(new URL(file, ROOT), "utf8");
}
