import type { ToolCall } from "@fallthrough/core";
import { createId, type Item, type ItemStatus, unwrapCustomInput } from "./items.ts";
import type { DeltaFrame, ResponseEvents } from "./response-events.ts";

/** Writes the calls of tools in a response. */
export interface CallItems {
  /** Whether a call is open. */
  has(id: string): boolean;
  /** Adds to the arguments of a call; opens it where it is not. */
  write(id: string, name: string, delta: string): string;
  /** Writes the rest of a call that its deltas have not sent, and its end. */
  complete(call: Readonly<ToolCall>): string;
  /** Tells the call of a tool whose input is free text. */
  tellCustom(call: Readonly<ToolCall>): string;
  /** Closes the calls that are open. */
  endAll(status: ItemStatus): string;
  /** Marks the open calls as cut, without an event. */
  cut(): void;
}

interface OpenCall extends DeltaFrame {
  readonly item: { readonly name: string; arguments: string; status: ItemStatus };
  readonly place: { readonly item_id: string; readonly output_index: number };
}

/** The calls of a response; they are added to its items. */
export function createCallItems(output: Item[], { tell, tellDelta, frameOf }: ResponseEvents): CallItems {
  const open = new Map<string, OpenCall>();

  function begin(call_id: string, name: string): string {
    const item = {
      type: "function_call",
      id: createId("fc"),
      call_id,
      name,
      arguments: "",
      status: "in_progress" as ItemStatus,
    };
    const output_index = output.push(item) - 1;
    const place = { item_id: item.id, output_index };
    open.set(call_id, { item, place, ...frameOf("response.function_call_arguments.delta", place) });
    return tell("response.output_item.added", { output_index, item });
  }

  function end(call_id: string, { item, place }: OpenCall, status: ItemStatus): string {
    open.delete(call_id);
    item.status = status;
    const { name, arguments: text } = item;
    return (
      tell("response.function_call_arguments.done", { ...place, name, arguments: text }) +
      tell("response.output_item.done", { output_index: place.output_index, item })
    );
  }

  return {
    has: (id) => open.has(id),

    write(id, name, delta) {
      const begun = open.has(id) ? "" : begin(id, name);
      const call = open.get(id) as OpenCall;
      if (delta === "") return begun;
      call.item.arguments += delta;
      return begun + tellDelta(call, delta);
    },

    complete({ id, name, arguments: text }) {
      const begun = open.has(id) ? "" : begin(id, name);
      const call = open.get(id) as OpenCall;
      const before = call.item.arguments;
      // what the deltas have sent already is not sent again, and each call has a delta
      const rest = text !== before || before === "" ? tellDelta(call, text.slice(before.length)) : "";
      call.item.arguments = text;
      return begun + rest + end(id, call, "completed");
    },

    tellCustom({ id: call_id, name, arguments: text }) {
      const input = unwrapCustomInput(text);
      const item = {
        type: "custom_tool_call",
        id: createId("ctc"),
        call_id,
        name,
        input,
        status: "completed",
      };
      const output_index = output.push(item) - 1;
      const place = { item_id: item.id, output_index };
      const begun = { ...item, input: "", status: "in_progress" };
      return (
        tell("response.output_item.added", { output_index, item: begun }) +
        tell("response.custom_tool_call_input.delta", { ...place, delta: input }) +
        tell("response.custom_tool_call_input.done", { ...place, input }) +
        tell("response.output_item.done", { output_index, item })
      );
    },

    endAll: (status) => [...open].map(([id, call]) => end(id, call, status)).join(""),

    cut() {
      for (const { item } of open.values()) item.status = "incomplete";
    },
  };
}
