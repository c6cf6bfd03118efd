import { loadPeers } from "../peers.ts";
import type { SuiteRun } from "../suite-run.ts";
import { SUITES } from "../suites/index.ts";

const { name, peers, ...bench } = JSON.parse(process.argv[2] ?? "") as SuiteRun;
const suite = SUITES.find((one) => one.name === name);
if (suite === undefined) throw new Error(`unknown suite "${name}"`);

const others = peers ? await loadPeers(bench.all) : { peers: [], peerChains: [] };
const figures = await suite.run({ ...bench, ...others });
process.send?.(figures, () => process.exit());
