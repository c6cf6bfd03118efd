/** A piece of a line; the style shows on a terminal only. */
export type Span =
  | string
  | {
      /** The text. */
      readonly text: string;
      /** How it looks; plain where absent. */
      readonly style: Style | undefined;
    };

/** A colour or weight of a span. */
export type Style =
  | "bold"
  | "dim"
  | "italic"
  | "underline"
  | "strikethrough"
  | "cyan"
  | "green"
  | "red"
  | "yellow";
