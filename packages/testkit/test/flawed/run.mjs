import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { startVitest } from "vitest/node";

// as a program of its own: the rejections that a flawed provider leaves are not those of the tests that want them
const vitest = await startVitest("test", [], {
  root: dirname(fileURLToPath(import.meta.url)),
  config: false,
  include: ["*.suite.ts"],
  watch: false,
  disableConsoleIntercept: true,
});
await vitest.close();
// vitest itself would say that a rejection was left
process.exit(0);
