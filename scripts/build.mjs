import { prepare } from "./setup.mjs";

const names = process.argv.slice(2);

prepare({ build: names.length > 0 ? names : undefined });
