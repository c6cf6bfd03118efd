import type { MediaPart } from "../contract/contract.ts";
import { ChatError } from "../errors/chat-error.ts";

/** An image or a file as a body holds it: an address that the server reads, or the bytes as base64 text. */
export type Media =
  | {
      /** The address, with `http` or `https`. */
      readonly url: string;
    }
  | {
      /** The bytes. */
      readonly base64: string;
      /** As it was given, or what the bytes begin with. */
      readonly mediaType: string;
    };

/** How base64 text of common types begins. */
const BEGINNINGS: readonly (readonly [start: string, mediaType: string])[] = [
  ["iVBOR", "image/png"],
  ["R0lGO", "image/gif"],
  ["UklGR", "image/webp"],
  ["/9j/", "image/jpeg"],
  ["JVBER", "application/pdf"],
];
const DATA_URL = /^data:([^,;]*)((?:;[^,;]*)*),(.*)$/is;

/** What a part of a message holds; @throws `bad-request` for an address that no server can read */
export function readMedia({ type, data, mediaType }: MediaPart): Media {
  if (data instanceof Uint8Array) return withType(type, bytesOf(data).toString("base64"), mediaType);
  const text = data instanceof URL ? data.href : data;
  if (/^https?:/i.test(text)) return { url: text };
  const [, ownType = "", fields = "", content = ""] = DATA_URL.exec(text) ?? [];
  if (content !== "") {
    const base64 = /;base64$/i.test(fields) ? content : encodeText(content);
    return withType(type, base64, mediaType ?? (ownType || undefined));
  }
  if (!(data instanceof URL)) return withType(type, text, mediaType);
  const problem = `an image or file part has an URL with \`${data.protocol}\``;
  throw new ChatError("bad-request", `${problem}, expected http, https, data, or the bytes themselves`);
}

/** An address that a server can read: the given one, or one that holds the data. */
export function mediaUrl(media: Media): string {
  return "url" in media ? media.url : `data:${media.mediaType};base64,${media.base64}`;
}

function withType(type: MediaPart["type"], base64: string, mediaType: string | undefined): Media {
  const found = BEGINNINGS.find(([start]) => base64.startsWith(start))?.[1];
  const usual = type === "image" ? "image/jpeg" : "application/octet-stream";
  return { base64, mediaType: mediaType ?? found ?? usual };
}

function encodeText(content: string): string {
  try {
    return Buffer.from(decodeURIComponent(content)).toString("base64");
  } catch {
    throw new ChatError("bad-request", "an image or file part has a data URL that cannot be decoded");
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
