import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { startRedis } from "./redis-server.mjs";
import { prepare } from "./setup.mjs";
import { ROOT, TOOL_ENVIRONMENT } from "./workspace.mjs";

const args = process.argv.slice(2).filter((argument) => argument !== "--redis");
const isFleet = process.argv.includes("--redis");
// a part of the table is not shown
const whole = !args.some((argument) => /^--(only|seeds|processes)/.test(argument));

prepare({ build: ["@fallthrough/weather..."] });
const redis = isFleet ? await startRedis() : undefined;
const main = spawn(
  process.execPath,
  [
    join(ROOT, "packages/weather/dist/main.js"),
    // each question to the server takes real time
    ...(redis === undefined ? [] : ["--redis", `${redis.port}`, "--seeds", "5"]),
    ...(whole ? ["--write", join(ROOT, "docs")] : []),
    ...args,
  ],
  { cwd: ROOT, env: TOOL_ENVIRONMENT, stdio: "inherit" },
);
const [code] = await once(main, "exit");
await redis?.stop();
if (whole)
  await once(spawn(process.execPath, ["scripts/snippets.mjs"], { cwd: ROOT, stdio: "inherit" }), "exit");
process.exitCode = code ?? 1;
