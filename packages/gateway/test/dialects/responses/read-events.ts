import { expect } from "vitest";
import { type ResponseEvent, type ResponseObject, response, streamEvent } from "./open-responses.ts";

const ENDS: readonly string[] = ["response.completed", "response.incomplete", "response.failed"];

/** What a stream told. */
export interface ReadEvents {
  readonly events: readonly ResponseEvent[];
  /** The response of the last event. */
  readonly response: ResponseObject;
}

/** A whole response, held against the standard. */
export function readResponse(value: unknown): ResponseObject {
  return response.parse(value) as ResponseObject;
}

/** The events of a stream, each held against the standard, and their order too. */
export function readEvents(stream: string): ReadEvents {
  const frames = stream.split("\n\n");
  expect(frames.splice(-2)).toEqual(["data: [DONE]", ""]);
  return checkEvents(
    frames.map((frame) => {
      const [, name, data = ""] = /^event: (\S+)\ndata: ([^\n]+)$/.exec(frame) ?? [];
      const value = JSON.parse(data);
      expect(value.type).toBe(name);
      return value;
    }),
  );
}

/** Events of any transport, each held against the standard, and their order too. */
export function checkEvents(values: readonly unknown[]): ReadEvents {
  const events = values.map((value) => streamEvent.parse(value) as ResponseEvent);
  expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, index) => index));
  expect(events.slice(0, 2).map(({ type }) => type)).toEqual(["response.created", "response.in_progress"]);
  const ids: string[] = [];
  const told = new Map<string, string>();
  const finished = new Map<number, unknown>();
  for (const { type, output_index = 0, item, item_id, delta, text, arguments: called, input } of events) {
    if (type === "response.output_item.added" && item !== undefined) {
      expect(output_index).toBe(ids.length);
      ids.push(item.id);
    }
    if (type === "response.output_item.done") {
      expect(ids[output_index]).toBe(item?.id);
      finished.set(output_index, item);
    }
    if (item_id === undefined) continue;
    expect(ids[output_index]).toBe(item_id);
    if (delta !== undefined) told.set(item_id, (told.get(item_id) ?? "") + delta);
    const whole = text ?? called ?? input;
    if (whole !== undefined) expect(told.get(item_id) ?? "").toBe(whole);
  }
  expect(new Set(ids).size).toBe(ids.length);
  const last = events.at(-1);
  expect(ENDS).toContain(last?.type);
  const end = last?.response as ResponseObject;
  expect(last?.type).toBe(`response.${end.status}`);
  if (end.status !== "failed")
    expect([...finished.keys()].sort()).toEqual(end.output.map((_, index) => index));
  for (const [index, item] of finished) expect(end.output[index]).toEqual(item);
  const cut = end.output.findIndex((item) => item.status === "incomplete");
  if (cut >= 0 && end.status !== "failed")
    expect([cut, end.status]).toEqual([end.output.length - 1, "incomplete"]);
  return { events, response: end };
}
