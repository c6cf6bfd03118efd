import { ChatError } from "@fallthrough/core";
import { nearestName } from "@fallthrough/core/internal";
import { TOKEN_VARIABLE } from "./gateway-token.ts";
import { NO_STATE_VARIABLE } from "./state.ts";

const PREFIX = /^FALLTHROUGH_/i;
/** Read by the command. */
const KNOWN: readonly string[] = [TOKEN_VARIABLE, NO_STATE_VARIABLE];
/** Set by the tests and scripts of this repository, for the processes that they start. */
const OWN = /^FALLTHROUGH_(?:TEST_\w+|CHILD_COVERAGE|SOAK_CALLS|FUZZ_MS|SCHEDULES)$/;

/** The variables with our prefix that neither the command reads nor the text of the configuration names. */
export function unreadVariables(
  environment: Readonly<Record<string, string | undefined>>,
  configuration: string = "",
): readonly ChatError[] {
  return Object.keys(environment)
    .filter((name) => PREFIX.test(name) && !KNOWN.includes(name) && !OWN.test(name))
    .filter((name) => environment[name] !== undefined && !configuration.includes(name))
    .map((name) => {
      const nearest = nearestName(name, KNOWN);
      const expected = nearest ?? `${KNOWN.join(" or ")}, or the name in the configuration`;
      return new ChatError("config", `environment variable ${name} is read by nobody, expected ${expected}`);
    });
}
