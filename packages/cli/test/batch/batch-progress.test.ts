import { expect, test } from "vitest";
import { formatBar } from "../../src/batch/batch-progress.ts";

test("the bar is as full as the batch is done, and gives way where there is no room", () => {
  const counts = { total: 8, done: 2, failed: 1, asked: 3 };

  expect(formatBar(counts, 8)).toBe("##------ 2 of 8 done, 1 not answered, 3 asked now");
  expect(formatBar(counts, 2)).toBe("2 of 8 done, 1 not answered, 3 asked now");
  expect(formatBar({ ...counts, total: 0, done: 0 }, 4)).toContain("#### 0 of 0");
});
