import { expect, test } from "vitest";
import { formatModelPage } from "../../../src/dialects/messages/model-pages.ts";
import { createGateway } from "../../../src/index.ts";
import { memoryProvider, registryOf } from "../../case.ts";

const MODELS = ["a", "b", "c", "d"].map((id) => ({
  id,
  object: "model" as const,
  created: 1,
  owned_by: "one",
}));

test.each([
  ["", ["a", "b", "c", "d"], false],
  ["limit=2", ["a", "b"], true],
  ["limit=2&after_id=b", ["c", "d"], false],
  ["after_id=d", [], false],
  ["limit=1&before_id=c", ["b"], true],
  ["limit=2&before_id=c", ["a", "b"], false],
  ["before_id=a", [], false],
])("the page of %j is %j", (query, ids, has_more) => {
  const page = formatModelPage(MODELS, new URLSearchParams(query)) as { data: { id: string }[] };

  expect(page.data.map(({ id }) => id)).toEqual(ids);
  expect(page).toMatchObject({ has_more, first_id: ids[0] ?? null, last_id: ids.at(-1) ?? null });
});

test.each(["limit=0", "limit=1001", "limit=many", "after_id=x", "before_id=x"])("%s is refused", (query) => {
  expect(() => formatModelPage(MODELS, new URLSearchParams(query))).toThrow(
    expect.objectContaining({ status: 400, param: query.split("=")[0] }),
  );
});

test("who names a version of Anthropic's API gets the list, one model and failures in its shape", async () => {
  const { fetch } = createGateway(registryOf(memoryProvider("one", [])));
  const get = async (path: string) =>
    (await fetch(
      new Request(`http://127.0.0.1:8787${path}`, { headers: { "anthropic-version": "2026-10-21" } }),
    ).then((response) => response.json())) as object;

  const model = {
    type: "model",
    id: "one/model",
    display_name: "one/model",
    created_at: "2026-01-01T00:00:00.000Z",
  };
  expect(await get("/v1/models?limit=1&after_id=model")).toEqual({
    data: [model],
    has_more: false,
    first_id: "one/model",
    last_id: "one/model",
  });
  expect(await get("/v1/models/one%2Fmodel")).toEqual(model);
  expect(await get("/v1/models/none")).toMatchObject({ type: "error", error: { type: "not_found_error" } });
  expect(await get("/v1/nothing")).toMatchObject({ type: "error", error: { type: "not_found_error" } });
});
