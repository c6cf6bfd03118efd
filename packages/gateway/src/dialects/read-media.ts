import type { MediaPart } from "@fallthrough/core";
import { type Fields, parseText, wrong } from "../parse-fields.ts";

const DATA_URL = /^data:([^;,]*)(?:;[^,]*)?;base64,/i;
/** Media types of the formats that OpenAI names otherwise. */
const AUDIO_TYPES: Readonly<Record<string, string>> = { mp3: "audio/mpeg" };

/** An image that a client gives as an address or a data URL; throws a refusal */
export function readImage(url: unknown, param: string): MediaPart {
  return { type: "image", ...(readDataUrl(parseText(url, param)) ?? readAddress(url, param)) };
}

/** A file that a client gives as a data URL or as base64 text; throws a refusal */
export function readFile(data: unknown, param: string): MediaPart {
  const text = parseText(data, param);
  return { type: "file", ...(readDataUrl(text) ?? { data: text }) };
}

/** A recording that a client gives as base64 text and the name of its format; throws a refusal */
export function readAudio({ data, format }: Fields, param: string): MediaPart {
  const named = parseText(format, `${param}.format`);
  const mediaType = AUDIO_TYPES[named] ?? `audio/${named}`;
  return { type: "file", data: parseText(data, `${param}.data`), mediaType, name: `audio.${named}` };
}

/** An address from which the server fetches the bytes; throws a refusal */
export function readAddress(url: unknown, param: string): Pick<MediaPart, "data"> {
  const text = parseText(url, param);
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) throw wrong(param, "an http, https or data URL");
  return { data: new URL(text) };
}

/** The base64 text of a data URL, as the contract takes it. */
function readDataUrl(url: string): Pick<MediaPart, "data" | "mediaType"> | undefined {
  const head = DATA_URL.exec(url);
  return head === null ? undefined : { data: url.slice(head[0].length), mediaType: head[1] || undefined };
}
