import type { ChatErrorCode, ChatReply, StreamPart } from "@fallthrough/core";

/** One line of the fault matrix: what it says in the documentation, and how it is tried. */
export interface FaultRow {
  /** The number in the matrix; variants share it. */
  readonly row: number;
  /** The fault, in the words of the matrix. */
  readonly fault: string;
  /** What the server, the caller or the plugin does. */
  readonly sent: string;
  /** The code of the failure; "-" where the call answers. */
  readonly code: ChatErrorCode | "-" | "abort";
  /** "next": another candidate answers; "int": the caller has what arrived; "stop": nobody else is asked. */
  readonly follows: "next" | "int" | "stop" | "answer";
  /** @throws when the row does not hold */
  readonly run: (consume: Consume) => Promise<void>;
}

/** One of the two ways to read a reply. */
export type Consume = (reply: ChatReply) => Promise<Consumed>;

/** What a reader of a reply got. */
export interface Consumed {
  readonly text: string;
  /** Undefined where the reply was read as a whole. */
  readonly parts?: readonly StreamPart[] | undefined;
  /** What was thrown. */
  readonly error?: unknown;
}

/** Reads part by part. */
export const consumeParts: Consume = async (reply) => {
  const parts: StreamPart[] = [];
  const text = (): string => parts.map((part) => (part.type === "text-delta" ? part.delta : "")).join("");
  try {
    for await (const part of reply) parts.push(part);
    return { text: text(), parts };
  } catch (error) {
    return { text: text(), parts, error };
  }
};

/** Reads the whole. */
export const consumeResult: Consume = async (reply) => {
  try {
    return { text: (await reply.result()).text };
  } catch (error) {
    return { text: "", error };
  }
};
