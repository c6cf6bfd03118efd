/** Texts of a recording and what takes their place. */
export type Exchanged = readonly (readonly [recorded: string, own: string])[];

/** The origin of a recording and another one, as they are and as PHP writes them into JSON. */
export function exchangedOrigin(recorded: string, own: string): Exchanged {
  return [
    [recorded, own],
    [recorded.replaceAll("/", "\\/"), own.replaceAll("/", "\\/")],
  ];
}

/** The text with every recorded text exchanged. */
export function exchangeText(text: string, exchanged: Exchanged): string {
  return exchanged.reduce((result, [recorded, own]) => result.replaceAll(recorded, () => own), text);
}

/** The same for bytes, which need not be whole characters; the exchanged texts are ASCII. */
export function exchangeBytes(bytes: Buffer, exchanged: Exchanged): Buffer {
  return Buffer.from(exchangeText(bytes.toString("latin1"), exchanged), "latin1");
}
