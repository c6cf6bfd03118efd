import type { Suite } from "../bench.ts";
import { agesSuite } from "./ages.ts";
import { aiSDKSuite } from "./ai-sdk.ts";
import { cumulativeSuite } from "./cumulative.ts";
import { dialectsSuite } from "./dialects.ts";
import { fallbackSuite } from "./fallback.ts";
import { gatewaySuite } from "./gateway.ts";
import { growthSuite } from "./growth.ts";
import { jsonSuite } from "./json.ts";
import { limitsSuite } from "./limits.ts";
import { listenersSuite } from "./listeners.ts";
import { memorySuite } from "./memory.ts";
import { parallelSuite } from "./parallel.ts";
import { smallSuite } from "./small.ts";
import { splitsSuite } from "./splits.ts";
import { startupSuite } from "./startup.ts";
import { streamSuite } from "./stream.ts";
import { typesSuite } from "./types.ts";

/** Every suite, in the order of the table. */
export const SUITES: readonly Suite[] = [
  streamSuite,
  splitsSuite,
  smallSuite,
  agesSuite,
  jsonSuite,
  cumulativeSuite,
  parallelSuite,
  fallbackSuite,
  aiSDKSuite,
  growthSuite,
  listenersSuite,
  limitsSuite,
  memorySuite,
  startupSuite,
  typesSuite,
  gatewaySuite,
  dialectsSuite,
];
