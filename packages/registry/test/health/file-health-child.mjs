// one process of several that share a file: counts a failure of its own model, and one of the model of all
import { createFileHealth } from "@fallthrough/registry";

const [path, name] = process.argv.slice(2);
const health = createFileHealth({ path });
const lengths = { cooldownMs: 60_000, factor: 1, longestMs: 60_000, hard: false };

process.send?.("ready");
await new Promise((resolve) => process.once("message", resolve));
for (const [model, effect] of [
  [name, "cool"],
  ["shared", "count"],
]) {
  const permit = await health.admit({ provider: "one", model });
  if (permit.admitted) await health.fail(permit, { ...lengths, code: "server", scope: "model", effect });
}
await health.flush();
process.disconnect?.();
