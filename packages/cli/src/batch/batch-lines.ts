import { createHash } from "node:crypto";
import type { ChainRequest } from "@fallthrough/core";
import { parseChainRequest } from "@fallthrough/core/internal";
import { fieldsOf, quote } from "@fallthrough/core/provider";
import { usageError } from "../failure.ts";

/** A prompt of a batch. */
export interface BatchLine {
  /** Its name in both files. */
  readonly id: string;
  /** What is asked: a request of ours, or one of OpenAI's with the path that it goes to. */
  readonly ask:
    | { readonly form: "own"; readonly request: ChainRequest }
    | { readonly form: "openai"; readonly path: string; readonly body: object };
}

/** What holds for every line that does not say it itself. */
export interface BatchDefaults {
  /** The reference that is asked. */
  readonly model?: string | undefined;
  /** The system message. */
  readonly system?: string | undefined;
}

/**
 * The prompts in a text of one JSON value a line: a text, `{ prompt }`, `{ messages }`, or a line of OpenAI's batches.
 *
 * @throws `config` that names the line
 */
export function parseBatchLines(text: string, defaults: BatchDefaults): readonly BatchLine[] {
  const lines = new Map<string, BatchLine>();
  text.split(/\r\n|\n|\r/).forEach((line, place) => {
    if (line.trim() === "") return;
    const at = `line ${place + 1}`;
    const parsed = parseLine(line, place + 1, at, defaults);
    if (lines.has(parsed.id)) {
      throw usageError(`${at} has the id ${quote(parsed.id)}, which a line before it has, expected another`);
    }
    lines.set(parsed.id, parsed);
  });
  return [...lines.values()];
}

function parseLine(line: string, number: number, at: string, defaults: BatchDefaults): BatchLine {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw usageError(`${at} is no valid JSON, expected a text or an object in each line`);
  }
  // one that has no name gets one that changes with it, so that an edited line is asked again
  const unnamed = `line-${number}-${createHash("sha256").update(line.trim()).digest("hex").slice(0, 8)}`;
  if (typeof value === "string") return ownLine(unnamed, { prompt: value }, at, defaults);
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw usageError(`${at} is neither a text nor an object, expected one of them`);
  const fields = fieldsOf(value);
  if ("custom_id" in fields || "body" in fields) return openaiLine(fields, at);
  const { id = unnamed, ...request } = fields;
  if (typeof id !== "string" && typeof id !== "number")
    throw usageError(`${at}: field \`id\` is no text, expected one`);
  return ownLine(String(id), request, at, defaults);
}

function ownLine(
  id: string,
  fields: { readonly [name: string]: unknown },
  at: string,
  defaults: BatchDefaults,
): BatchLine {
  const { prompt, system = defaults.system, messages, ...others } = fields;
  if ((prompt === undefined) === (messages === undefined))
    throw usageError(
      `${at} has ${prompt === undefined ? "no" : "both"} \`prompt\` and \`messages\`, expected one of them`,
    );
  const asked = messages ?? [{ role: "user", content: prompt }];
  const said = system === undefined ? [] : [{ role: "system", content: system }];
  const request = {
    model: defaults.model,
    ...others,
    messages: Array.isArray(asked) ? [...said, ...asked] : asked,
  };
  try {
    parseChainRequest(request);
  } catch (error) {
    throw usageError(`${at}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return { id, ask: { form: "own", request: request as ChainRequest } };
}

function openaiLine(fields: { readonly [name: string]: unknown }, at: string): BatchLine {
  const { custom_id: id, method = "POST", url = "/v1/chat/completions", body } = fields;
  if (typeof id !== "string" || id === "")
    throw usageError(`${at}: field \`custom_id\` is missing, expected a text`);
  if (typeof body !== "object" || body === null || Array.isArray(body))
    throw usageError(`${at}: field \`body\` is missing, expected the body of a request`);
  if (method !== "POST") throw usageError(`${at}: field \`method\` is another than "POST", expected that`);
  if (typeof url !== "string" || !/^\/v1\/[\w/-]+$/.test(url))
    throw usageError(`${at}: field \`url\` is no path, expected "/v1/chat/completions" for example`);
  return { id, ask: { form: "openai", path: url, body: { ...body, stream: false } } };
}
