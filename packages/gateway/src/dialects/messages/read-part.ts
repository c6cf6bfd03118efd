import type { ContentPart, MediaPart } from "@fallthrough/core";
import {
  type Fields,
  parseList,
  parseObject,
  parseOptional,
  parseText,
  restOf,
  wrong,
} from "../../parse-fields.ts";

const PDF = "application/pdf";

/** The pieces of content in a block; throws a refusal for one that nobody here can carry */
export function readPart({ type, ...block }: Fields, param: string): ContentPart[] {
  switch (type) {
    case "text": {
      const { text, citations: _, ...rest } = block;
      return [{ type, text: parseText(text, `${param}.text`), ...restOf(rest) }];
    }
    case "image": {
      const { source, ...rest } = block;
      return [{ ...readMedia("image", source, `${param}.source`), ...restOf(rest) }];
    }
    case "document":
      return readDocument(block, param);
    case "search_result":
      return [readSearchResult(block, param)];
    default:
      throw wrong(`${param}.type`, "text, image, document, search_result or tool_result");
  }
}

function readMedia(type: MediaPart["type"], value: unknown, param: string): MediaPart {
  const source = parseObject(value, param);
  switch (source["type"]) {
    case "base64": {
      const mediaType = parseText(source["media_type"], `${param}.media_type`);
      return { type, data: parseText(source["data"], `${param}.data`), mediaType };
    }
    case "url": {
      const url = parseText(source["url"], `${param}.url`);
      if (!/^https?:\/\//i.test(url) || !URL.canParse(url))
        throw wrong(`${param}.url`, "an http or https URL");
      return { type, data: new URL(url), ...(type === "file" ? { mediaType: PDF } : {}) };
    }
    default:
      // the service behind a file's id is one of many here
      throw wrong(`${param}.type`, "base64 or url");
  }
}

/** A document that is text already is carried as text, which every provider takes. */
function readDocument({ source, title, ...rest }: Fields, param: string): ContentPart[] {
  const place = `${param}.source`;
  const { type, data, content } = parseObject(source, place);
  const name = parseOptional(title, `${param}.title`, parseText);
  const extra = restOf(rest);
  if (type === "text") {
    return [{ type: "text", text: titled(name, parseText(data, `${place}.data`)), ...extra }];
  }
  if (type !== "content") return [{ ...readMedia("file", source, place), name, ...extra }];
  const pieces =
    typeof content === "string"
      ? [{ type: "text", text: content } as const]
      : parseList(content, `${place}.content`).flatMap((one, index) => {
          const inner = `${place}.content[${index}]`;
          return readPart(parseObject(one, inner), inner);
        });
  return name === undefined ? pieces : [{ type: "text", text: titled(name, "") }, ...pieces];
}

function readSearchResult({ title, source, content, ...rest }: Fields, param: string): ContentPart {
  const texts = parseList(content, `${param}.content`).map((one, index) => {
    const place = `${param}.content[${index}]`;
    return parseText(parseObject(one, place)["text"], `${place}.text`);
  });
  const head = `${parseText(title, `${param}.title`)}\n${parseText(source, `${param}.source`)}`;
  return { type: "text", text: titled(head, texts.join("\n")), ...restOf(rest) };
}

function titled(title: string | undefined, text: string): string {
  return title === undefined ? text : `${title}\n\n${text}`;
}
