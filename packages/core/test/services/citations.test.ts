import { expect, test } from "vitest";
import type { StreamPart } from "../../src/index.ts";
import { createCitations } from "../../src/provider.ts";

test("a page is told once, and only a web address is one", () => {
  const parts: StreamPart[] = [];
  const cite = createCitations();

  for (const url of ["https://a.example", "https://a.example", "javascript:alert(1)", "", 7, undefined]) {
    cite({ url, title: "A" }, parts);
  }
  cite({ url: "HTTP://b.example", title: 7 }, parts);

  expect(parts).toEqual([
    { type: "source", url: "https://a.example", title: "A" },
    { type: "source", url: "HTTP://b.example", title: undefined },
  ]);
});
