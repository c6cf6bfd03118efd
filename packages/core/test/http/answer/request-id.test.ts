import { expect, test } from "vitest";
import { requestIdOf } from "../../../src/http/answer/request-id.ts";

test.each<[Record<string, string>, string | undefined]>([
  [{ "x-request-id": "req_1", "cf-ray": "ray" }, "req_1"],
  [{ "request-id": "req_2" }, "req_2"],
  [{ "x-request-id": "", "cf-ray": "ray" }, "ray"],
  [{ "x-request-id": "x".repeat(1_000) }, undefined],
  [{ "content-type": "text/html" }, undefined],
])("the headers %j name the request %j", (headers, id) => {
  expect(requestIdOf(headers)).toBe(id);
});
