import type { ContentPart } from "@fallthrough/core";
import { parseList, wrong } from "../parse-fields.ts";

/** Reads the content of messages, which OpenAI's APIs write as a text or as a list of pieces. */
export interface ContentReader {
  /** The content; throws a refusal */
  readContent(value: unknown, param: string): string | ContentPart[];
  /** The text of a message that holds nothing else; throws a refusal */
  readTexts(value: unknown, param: string): string;
}

/** A reader of content whose pieces `readPart` reads. */
export function contentReader(readPart: (value: unknown, param: string) => ContentPart): ContentReader {
  function readContent(value: unknown, param: string): string | ContentPart[] {
    if (typeof value === "string") return value;
    return parseList(value, param).map((part, index) => readPart(part, `${param}[${index}]`));
  }

  return {
    readContent,
    readTexts(value, param) {
      const content = readContent(value, param);
      if (typeof content === "string") return content;
      return content
        .map((part, index) => {
          if (part.type === "text") return part.text;
          throw wrong(
            `${param}[${index}].type`,
            "text, because only messages of the user may hold images and files",
          );
        })
        .join("");
    },
  };
}
