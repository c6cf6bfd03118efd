/** One way to send a field, and what becomes of it. */
export interface FieldCase {
  /** Goes over a plain question. */
  readonly body: object;
  /** Where it is posted. @default the path of the dialect */
  readonly path?: string | undefined;
  /** What reaches the provider. */
  readonly reads?: object | undefined;
  /** What does not reach the provider in any form. */
  readonly without?: RegExp | undefined;
  /** What a warning of the answer says, whoever answers. */
  readonly warns?: RegExp | undefined;
  /** The name in the warning of a provider that speaks another protocol. */
  readonly foreign?: string | undefined;
  /** The status, where it is refused. */
  readonly status?: number | undefined;
  /** What the text of the answer holds. */
  readonly answers?: RegExp | undefined;
}

/** A row of a table of fields in `docs/using-the-gateway.md`. */
export interface FieldRow {
  /** Its first cell. */
  readonly field: string;
  /** At least one for each field that it names. */
  readonly cases: readonly FieldCase[];
}

/** The fields of one dialect. */
export interface FieldTable {
  /** The heading over the table. */
  readonly dialect: string;
  /** Where a request is posted. */
  readonly path: string;
  /** A plain question. */
  readonly plain: object;
  readonly rows: readonly FieldRow[];
}

/** The bytes of an image, as base64. */
export const PNG = "iVBORw0KGgo=";
