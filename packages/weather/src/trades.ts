/** A target that is missed on purpose, or a contestant that is better in a row, with the reason. */
export interface Trade {
  /** The rows where it may be so. */
  readonly rows: readonly string[];
  /** The contestants that may be better there. */
  readonly peers?: readonly string[] | undefined;
  /** The targets that may be missed there. */
  readonly targets?: readonly ("mostNeedless" | "longestFailing")[] | undefined;
  /** What the same rule is good for. */
  readonly why: string;
}

/** Every miss that is known and wanted. */
export const TRADES: readonly Trade[] = [
  {
    rows: [
      "one down and back",
      "answers of 40 s after an outage",
      "answers of 90 s after an outage",
      "two base URLs under one id",
      "a chain of two inside a chain",
      "a chain of one inside a chain",
      "a start during an outage",
      "a laptop that sleeps",
      "a clock that jumps",
    ],
    peers: ["cooldown of 60 s", "opossum"],
    why: "sends two to six prompts fewer to one that is down, because it is out for a minute, or for half a minute, after its first failures. Fallthrough waits for three failures in a row and asks again after 10 s. That is what brings back a first choice after a blip, and what keeps it where one prompt of ten fails.",
  },
  {
    rows: ["blip of 60 s", "storms of 50", "storms of 500", "flapping"],
    peers: ["cooldown of 60 s", "opossum", "cockatiel"],
    why: "has a cooldown that ends, by chance, just as the first choice is back in this row.",
  },
  {
    rows: ["blip of 10 s", "10 % failures"],
    peers: ["no memory", "cockatiel"],
    why: "opens after five failures where fallthrough opens after three, or never, and asks again after exactly 10 s. It pays with more prompts to one that is down in every outage.",
  },
  {
    rows: [
      "blip of 0.2 s",
      "blip of 2 s",
      "half open, both are back",
      "all down, back as first, second, third",
      "all down, back as first, third, second",
      "all down, back as second, first, third",
      "all down, back as second, third, first",
    ],
    peers: ["no memory"],
    why: "is never late, and sends every prompt of every outage to whoever is down.",
  },
  {
    rows: ["a limit per day, without a time", "50 % failures"],
    peers: ["cooldown of 60 s"],
    why: "asks once a minute who refuses all day. Fallthrough asks each half minute, because most limits without a time are limits of a minute.",
  },
  {
    rows: ["callers in haste"],
    targets: ["longestFailing"],
    why: "The first two or three callers of a silence leave before anybody can tell it from a slow answer. A smaller sum of silence finds it sooner, and leaves a first choice whose answers now and then begin late.",
  },
  {
    rows: ["a word, then silence"],
    targets: ["longestFailing", "mostNeedless"],
    why: "An answer that has begun is not left for another one, and a silence after text is normal while a tool call is composed. So callers are sent there until the first of them have waited for `chunkMs`, a minute.",
  },
];

/** The reason why this contestant may be better in this row. */
export function tradeWith(row: string, peer: string): Trade | undefined {
  return TRADES.find(({ rows, peers }) => rows.includes(row) && peers?.includes(peer));
}

/** Whether this target may be missed in this row. */
export function isTraded(row: string, target: "mostNeedless" | "longestFailing"): boolean {
  return TRADES.some(({ rows, targets }) => rows.includes(row) && targets?.includes(target));
}
