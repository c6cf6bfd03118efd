import type { LanguageModelV3StreamPart } from "@ai-sdk/provider";
import type { FinishPart, ProviderData, Route, StreamPart, Warning } from "@fallthrough/core";
import type { PartList } from "@fallthrough/core/internal";
import { callMetadata, carry, countsOf, endReason } from "./metadata.ts";

type Emit = (part: LanguageModelV3StreamPart) => void;
type Block = "text" | "reasoning";
type CallPart = Extract<StreamPart, { type: "tool-call" }>;

/** Tells an answer in the stream parts of the AI SDK. */
export interface StreamWriter {
  /** Tells what came together: texts that follow each other are one delta. */
  write(list: PartList): void;
  /** Tells that the answer broke. */
  fail(error: unknown): void;
}

/** A writer that tells of no part yet. */
export function createStreamWriter(emit: Emit, route: Route): StreamWriter {
  return new PartWriter(emit, route);
}

class PartWriter implements StreamWriter {
  private readonly emit: Emit;
  private readonly route: Route;
  /** The block that is open. */
  private block: Block | undefined = undefined;
  private blocks = 0;
  private pending = "";
  /** The calls whose arguments come still. */
  private readonly opened = new Set<string>();
  /** The last call, which may have to carry what belongs to the whole message. */
  private heldCall: CallPart | undefined = undefined;
  private readonly lateWarnings: Warning[] = [];

  constructor(emit: Emit, route: Route) {
    this.emit = emit;
    this.route = route;
  }

  write(list: PartList): void {
    for (const part of list) this.take(part);
    this.flush();
  }

  fail(error: unknown): void {
    this.flush();
    this.release(undefined);
    this.close({});
    this.emit({ type: "error", error });
    this.emit({
      type: "finish",
      finishReason: { unified: "error", raw: undefined },
      usage: countsOf(),
      providerMetadata: callMetadata(this.route, this.lateWarnings),
    });
  }

  private take(part: StreamPart): void {
    switch (part.type) {
      case "text-delta":
        this.release(undefined);
        this.open("text");
        this.pending += part.delta;
        break;
      case "reasoning-delta":
        this.release(undefined);
        this.open("reasoning");
        this.pending += part.delta;
        if (part.providerData !== undefined) this.close({ providerData: part.providerData });
        break;
      case "tool-call-delta":
        this.release(undefined);
        this.close({});
        this.startCall(part.id, part.name);
        this.emit({ type: "tool-input-delta", id: part.id, delta: part.delta });
        break;
      case "tool-call":
        this.release(undefined);
        this.close({});
        this.heldCall = part;
        break;
      case "source": {
        const { url, title } = part;
        const id = crypto.randomUUID();
        this.emit({ type: "source", sourceType: "url", id, url, ...(title === undefined ? {} : { title }) });
        break;
      }
      case "warning":
        this.lateWarnings.push({ code: part.code, message: part.message });
        break;
      case "finish":
        this.finish(part);
        break;
    }
  }

  private finish({
    finishReason,
    rawFinishReason,
    usage,
    model,
    response,
    providerData,
    route,
  }: FinishPart): void {
    if (this.heldCall === undefined) this.close({ messageData: providerData });
    else this.release(providerData);
    const modelId = model ?? this.route.model;
    this.emit({
      type: "response-metadata",
      timestamp: new Date(),
      ...(response?.id === undefined ? {} : { id: response.id }),
      ...(modelId === undefined ? {} : { modelId }),
    });
    this.emit({
      type: "finish",
      finishReason: endReason(finishReason, rawFinishReason),
      usage: countsOf(usage),
      providerMetadata: callMetadata(route ?? this.route, this.lateWarnings),
    });
  }

  private open(block: Block): void {
    if (this.block === block) return;
    this.close({});
    this.block = block;
    this.blocks++;
    this.emit({ type: `${block}-start`, id: this.blockId() });
  }

  private close(data: {
    readonly providerData?: ProviderData;
    readonly messageData?: ProviderData | undefined;
  }): void {
    const { block } = this;
    if (block === undefined) return;
    this.flush();
    this.block = undefined;
    this.emit({ type: `${block}-end`, id: this.blockId(), ...carry(data) });
  }

  private flush(): void {
    const { block, pending } = this;
    if (block === undefined || pending === "") return;
    this.pending = "";
    this.emit({ type: `${block}-delta`, id: this.blockId(), delta: pending });
  }

  private blockId(): string {
    return `${this.blocks}`;
  }

  private startCall(id: string, toolName: string): void {
    if (this.opened.has(id)) return;
    this.opened.add(id);
    this.emit({ type: "tool-input-start", id, toolName });
  }

  /** Tells the call that was held until what follows it was known. */
  private release(messageData: ProviderData | undefined): void {
    const call = this.heldCall;
    if (call === undefined) return;
    this.heldCall = undefined;
    const { id, name, arguments: input, providerData } = call;
    if (!this.opened.has(id)) {
      this.startCall(id, name);
      this.emit({ type: "tool-input-delta", id, delta: input });
    }
    this.emit({ type: "tool-input-end", id });
    this.emit({
      type: "tool-call",
      toolCallId: id,
      toolName: name,
      input,
      ...carry({ providerData, messageData }),
    });
  }
}
