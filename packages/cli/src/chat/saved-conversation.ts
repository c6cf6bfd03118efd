import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import type { ChatMessage, MediaPart } from "@fallthrough/core";
import { parseRequest } from "@fallthrough/core/internal";
import { fieldsOf, quote } from "@fallthrough/core/provider";
import { usageError } from "../failure.ts";
import type { Shell } from "../shell.ts";
import { unwritten } from "../write-failure.ts";
import type { Conversation } from "./conversation.ts";

/** Says of a file that it is one of ours. */
const MARK = "fallthrough conversation";
const LARGEST_IMAGE = 20 * 1024 * 1024;

/** Writes a conversation into a file; @throws `config` if the file holds something else */
export function saveConversation({ directory }: Shell, name: string, conversation: Conversation): string {
  const file = pathOf(directory, name);
  if (existsSync(file) && !isOurs(file))
    throw usageError(`${quote(file)} holds something else than a conversation, expected another name`);
  const { model, system, history } = conversation;
  const text = `${JSON.stringify({ kind: MARK, model, system, messages: history }, undefined, 2)}\n`;
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw unwritten(file, error);
  }
  return file;
}

/** Goes on with a conversation that was saved; @throws `config` where the file holds none */
export function loadConversation({ directory }: Shell, name: string, conversation: Conversation): string {
  const file = pathOf(directory, name);
  const { kind, model, system, messages } = fieldsOf(readJson(file));
  if (kind !== MARK) throw usageError(`${quote(file)} holds no conversation, expected a file of \`/save\``);
  const history = revive(messages);
  if (history.length > 0) parseRequest({ messages: history });
  conversation.history = history;
  conversation.system = typeof system === "string" ? system : undefined;
  if (typeof model === "string") conversation.model = model;
  return file;
}

/** An image for the next question; @throws `config` where it cannot be read */
export function readImage({ directory }: Shell, name: string): MediaPart {
  if (/^https?:\/\//.test(name) && URL.canParse(name)) return { type: "image", data: new URL(name) };
  const file = pathOf(directory, name);
  const size = statSync(file, { throwIfNoEntry: false })?.size;
  if (size === undefined) throw usageError(`${quote(file)} does not exist, expected an image or its URL`);
  if (size > LARGEST_IMAGE)
    throw usageError(`${quote(file)} has ${size} bytes, expected at most ${LARGEST_IMAGE}`);
  const data = readFileSync(file).toString("base64");
  const image: MediaPart = { type: "image", data, name: basename(file) };
  parseRequest({ messages: [{ role: "user", content: [image] }] });
  return image;
}

/** As a person types it, or as a terminal writes a file that is dropped on it. */
function pathOf(directory: string, name: string): string {
  const plain = /^(["']).*\1$/.test(name) ? name.slice(1, -1) : name.replace(/\\(?=[ ()'"&])/g, "");
  return resolve(directory, plain);
}

function isOurs(file: string): boolean {
  try {
    return fieldsOf(readJson(file))["kind"] === MARK;
  } catch {
    return false;
  }
}

function readJson(file: string): unknown {
  if (!existsSync(file)) throw usageError(`${quote(file)} does not exist`);
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    throw usageError(`${quote(file)} could not be read as JSON, expected a file of \`/save\``);
  }
}

/** Addresses are texts in a file, and base64 never looks like one. */
function revive(messages: unknown): readonly ChatMessage[] {
  const text = JSON.stringify(Array.isArray(messages) ? messages : []);
  return JSON.parse(text, (key, value: unknown) =>
    key === "data" && typeof value === "string" && /^https?:\/\//.test(value) ? new URL(value) : value,
  );
}
