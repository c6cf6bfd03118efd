/** Knows how the events of a stream are written round their text, so that the next ones are read by their text alone. */
export interface Frame {
  /** The text of an event that is written like the one learned last; `undefined` for any other. */
  read(data: string): string | undefined;
  /** Takes an event, which gave this text and nothing else, for the pattern of those to come. */
  learn(data: string, text: string): void;
}

/** How a frame is used. */
export interface FrameOptions {
  /** The text that an event gives; `undefined` or a failure where it gives anything else. */
  textOf(data: string): string | undefined;
  /** Each event repeats all text before it: `read` gives what is new. @default false */
  readonly cumulative?: boolean | undefined;
  /** The name of a field behind the text whose string says nothing, and differs from event to event. */
  readonly padding?: string | undefined;
}

/** The probe text that verifies a frame. */
const PROBE = "any other text";
/** So many patterns that no event followed: the server writes something else into each, and learning is in vain. */
const MOST_UNUSED = 8;

/**
 * A frame for the events of one stream, of which nothing is known yet.
 *
 * An event is a pattern if another text in the same place is proved to be all that changes: the text of a later event
 * is then what JSON makes of the characters in that place. `JSON.parse` remains the judge of every character that is
 * new; those that are the same were judged before.
 */
export function createFrame({ textOf, cumulative = false, padding }: FrameOptions): Frame {
  let before: string | undefined;
  /** What is between the text and the padding; `undefined` for events without padding. */
  let between: string | undefined;
  let after = "";
  let unused = 0;

  function isText(data: string): boolean {
    try {
      return textOf(data) === PROBE;
    } catch {
      return false;
    }
  }

  return {
    read(data) {
      if (before === undefined) return undefined;
      const start = before.length;
      let end = data.length - after.length;
      // compared as slices: V8 compares those as memory, and `startsWith` character by character
      if (end < start || data.slice(0, start) !== before || data.slice(end) !== after) return undefined;
      if (between !== undefined) {
        const textEnd = data.lastIndexOf(between, end - between.length);
        if (textEnd < start || parseCharacters(data.slice(textEnd + between.length, end)) === undefined)
          return undefined;
        end = textEnd;
      }
      const text = parseCharacters(data.slice(start, end));
      if (text === undefined) return undefined;
      unused = 0;
      if (cumulative) before = data.slice(0, end);
      return text;
    },

    learn(data, text) {
      before = undefined;
      if (unused >= MOST_UNUSED) return;
      unused++;
      const characters = JSON.stringify(text).slice(1, -1);
      const start = data.lastIndexOf(`"${characters}"`) + 1;
      const end = start + characters.length;
      const rest = data.slice(end);
      const name = `"${padding}":"`;
      const paddingStart = padding === undefined ? -1 : rest.lastIndexOf(name) + name.length;
      const padded = paddingStart >= name.length;
      between = padded ? copyOf(rest.slice(0, paddingStart)) : undefined;
      after = copyOf(padded ? rest.slice(rest.indexOf('"', paddingStart)) : rest);
      const probe = padded ? PROBE + between + PROBE + after : PROBE + after;
      if (start === 0 || !isText(data.slice(0, start) + probe)) return;
      before = copyOf(data.slice(0, cumulative ? end : start));
    },
  };
}

/** The same text in memory of its own: a slice would keep what it was cut from, which is all that came with it. */
function copyOf(text: string): string {
  return Buffer.from(text).toString();
}

/** What these characters say in a JSON string; `undefined` where they end it or are not allowed in one. */
function parseCharacters(characters: string): string | undefined {
  try {
    return JSON.parse(`"${characters}"`);
  } catch {
    return undefined;
  }
}
