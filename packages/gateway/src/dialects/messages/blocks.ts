import type { JsonObject, ProviderData, Source, StreamPart, ToolCall } from "@fallthrough/core";
import { formatRedacted, formatSignature, type OpaqueData } from "./opaque-blocks.ts";

/** Takes the content blocks of an answer: each is opened, filled and closed before the next one. */
export interface BlockSink {
  /** Opens a block. */
  open(block: JsonObject): void;
  /** Adds to the text of the open block. */
  addText(text: string): void;
  /** Adds to the thought of the open block. */
  addThought(text: string): void;
  /** Adds to the arguments of the open block. */
  addArguments(text: string): void;
  /** Adds a citation to the open block. */
  addCitation(citation: JsonObject): void;
  /** Closes the open block; `signature` is that of a thought, and `cut` says that a call is not complete. */
  close(signature: string, cut: boolean): void;
}

/** The content blocks of one answer. */
export interface Blocks {
  /** Takes each part, in order. */
  take(part: StreamPart): void;
}

/** Which blocks there are: text, what was thought, a call, and what only its writer understands. */
type Kind = "text" | "thought" | "call" | "opaque";

interface Block {
  readonly kind: Kind;
  readonly start: JsonObject;
  /** The id of a call. */
  readonly id: string | undefined;
  /** The pieces that the sink has not got yet, because another block is open. */
  readonly waiting: (string | JsonObject)[];
  /** How many characters of a call's arguments have come. */
  length: number;
  signature: string;
  isOpen: boolean;
  isComplete: boolean;
}

/** Gives parts as blocks: those that arrive interleaved wait for one another, because only one may be open. */
export function createBlocks(sink: BlockSink): Blocks {
  /** The open block, and those that wait for its end. */
  const queue: Block[] = [];

  function push(kind: Kind, start: JsonObject, id?: string): Block {
    const isComplete = kind === "opaque";
    const block = { kind, start, id, waiting: [], length: 0, signature: "", isOpen: false, isComplete };
    queue.push(block);
    return block;
  }

  /** The last block, where a part of this kind goes on with it. */
  function last(kind: Kind): Block | undefined {
    const block = queue.at(-1);
    return block?.kind === kind && !block.isComplete ? block : undefined;
  }

  function add(block: Block, piece: string | JsonObject): void {
    if (block.isOpen) tell(block, piece);
    else block.waiting.push(piece);
  }

  function tell({ kind }: Block, piece: string | JsonObject): void {
    if (typeof piece !== "string") sink.addCitation(piece);
    else if (kind === "text") sink.addText(piece);
    else if (kind === "thought") sink.addThought(piece);
    else sink.addArguments(piece);
  }

  /** Closes what has ended and opens what waits behind it. */
  function advance(): void {
    for (let [head] = queue; head !== undefined; [head] = queue) {
      if (!head.isOpen) {
        head.isOpen = true;
        sink.open(head.start);
        for (const piece of head.waiting) tell(head, piece);
      }
      // a call goes on although others have begun
      if (!head.isComplete && (head.kind === "call" || queue.length === 1)) return;
      close(head, false);
    }
  }

  function close({ signature }: Block, isCut: boolean): void {
    sink.close(signature, isCut);
    queue.shift();
  }

  function textBlock(): Block {
    return last("text") ?? push("text", { type: "text", text: "" });
  }

  function addThought(text: string, providerData: ProviderData | undefined): void {
    const open = last("thought");
    if (text === "" && open === undefined) {
      addOpaque("thought", providerData);
      return;
    }
    const block = open ?? push("thought", { type: "thinking", thinking: "", signature: "" });
    if (text !== "") add(block, text);
    if (providerData === undefined) return;
    block.signature = formatSignature(providerData);
    block.isComplete = true;
  }

  function addOpaque(kind: keyof OpaqueData, providerData: ProviderData | undefined, id?: string): void {
    if (providerData === undefined) return;
    for (const data of formatRedacted(kind, providerData, id))
      push("opaque", { type: "redacted_thinking", data });
  }

  function callBlock(id: string, name: string): Block {
    const known = queue.find((block) => block.id === id);
    return known ?? push("call", { type: "tool_use", id, name, input: {} }, id);
  }

  function addArguments(block: Block, text: string): void {
    block.length += text.length;
    if (text !== "") add(block, text);
  }

  function endCall({ id, name, arguments: text, providerData }: Readonly<ToolCall>): void {
    addOpaque("call", providerData, id);
    const block = callBlock(id, name);
    // what the deltas have sent already is not sent again
    addArguments(block, text.slice(block.length));
    block.isComplete = true;
  }

  function end(providerData: ProviderData | undefined): void {
    addOpaque("message", providerData);
    advance();
    // a call that has no end was cut by the limit
    for (let [head] = queue; head !== undefined; [head] = queue) {
      close(head, head.kind === "call");
      advance();
    }
  }

  function takeContent(part: StreamPart): void {
    switch (part.type) {
      case "text-delta":
        add(textBlock(), part.delta);
        break;
      case "reasoning-delta":
        addThought(part.delta, part.providerData);
        break;
      case "tool-call-delta":
        addArguments(callBlock(part.id, part.name), part.delta);
        break;
      case "tool-call":
        endCall(part);
        break;
      case "source":
        add(textBlock(), formatSource(part));
        break;
      case "finish":
        end(part.providerData);
        break;
      default:
      // warnings come at the end, and this protocol has no place for what a later minor of the contract adds
    }
  }

  return {
    take(part) {
      takeContent(part);
      advance();
    },
  };
}

function formatSource({ url, title }: Source): JsonObject {
  return {
    type: "web_search_result_location",
    url,
    title: title ?? url,
    cited_text: "",
    encrypted_index: "",
  };
}
