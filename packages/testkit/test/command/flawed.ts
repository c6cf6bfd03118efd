import { FLAWS, type Flaw } from "../flawed/flaws.ts";

/** The factory of a provider that answers in place of a broken server. */
export const createFlawed: Flaw["create"] | undefined = FLAWS["swallows failures"]?.create;
