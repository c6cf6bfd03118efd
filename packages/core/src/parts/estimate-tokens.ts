import { countCharacters, type Readable } from "./count-characters.ts";

/** Characters of a token, over prose and code of many tokenizers. */
export const CHARACTERS_PER_TOKEN: number = 3.5;
/** Tokens for an image or a file: the length of its bytes says nothing about them. */
const MEDIA = 1_500;

/** How many tokens a request is likely to have, by its characters; nobody's tokenizer is asked. */
export function estimateTokens(request: Readable): number {
  let media = 0;
  for (const { content } of request.messages) {
    if (typeof content !== "object" || content === null) continue;
    for (const { type } of content) if (type !== "text") media++;
  }
  return Math.ceil(countCharacters(request) / CHARACTERS_PER_TOKEN) + media * MEDIA;
}
