#!/usr/bin/env node
// stands in the repository, so that an install before the first build links the command too
import "../dist/bin.js";
