import { startUpstreamServer } from "./server.ts";

const { origins, refused } = await startUpstreamServer();
process.send?.({ origins, refused });
// the process that measures is the only reason to be here
process.on("disconnect", () => process.exit());
