#!/usr/bin/env node
// stands in the repository, so that an install before the first build links the command too
import module from "node:module";

// Node.js 22.1 and newer keep the compiled code from one start to the next
module.enableCompileCache?.();
await import("../dist/bin.js");
