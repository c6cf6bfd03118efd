import type { CallRecord, GatewayServerOptions } from "@fallthrough/gateway";
import { usageError } from "./failure.ts";
import type { Output } from "./output.ts";

/** The forms in which `serve` tells its calls. */
const LOG_FORMS = ["text", "json", "off"] as const;

/** How `serve` tells its calls on stderr. */
export type LogForm = (typeof LOG_FORMS)[number];

/** The form of this name; @throws `config` */
export function parseLogForm(name: unknown): LogForm {
  const form = LOG_FORMS.find((known) => known === name);
  if (form === undefined)
    throw usageError(`the log has no such form, expected one of ${LOG_FORMS.join(", ")}`);
  return form;
}

/** What writes one line for each call, and one for each ten seconds that it waits; nothing where the log is off. */
export function createCallLog(
  output: Output,
  form: LogForm,
): Pick<GatewayServerOptions, "onCall" | "onWaiting"> {
  if (form === "off") return {};
  if (form === "json") {
    const onCall = (record: object): void => output.note(JSON.stringify(record));
    return { onCall, onWaiting: (record) => onCall({ at: new Date(), ...record }) };
  }
  return {
    onCall: (record) => output.note(formatCall(record)),
    onWaiting({ id, route, client, message }) {
      output.note(
        [new Date().toISOString(), route, ...formatPairs({ id, client, waits: message })].join(" "),
      );
    },
  };
}

/** One line of names and values; what a client or a server named is quoted, so that it cannot forge another. */
function formatCall({ at, id, route, attempts, ...facts }: CallRecord): string {
  const { client, model, provider, answeredBy, status, code, message, firstMs, ms } = facts;
  const asked = attempts.map(({ provider, key, outcome, code }) =>
    [provider, key && `key ${key.position}`, outcome, code].filter(Boolean).join(" "),
  );
  const pairs = {
    id,
    client,
    model,
    answered: provider === undefined ? undefined : [provider, answeredBy].filter(Boolean).join("/"),
    status: `${status}`,
    code,
    first: firstMs === undefined ? undefined : `${firstMs}ms`,
    ms: `${ms}ms`,
    attempts: asked.length === 0 ? undefined : asked.join(", "),
    message,
  };
  return [at.toISOString(), route, ...formatPairs(pairs)].join(" ");
}

function formatPairs(pairs: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(pairs).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${formatValue(value)}`],
  );
}

function formatValue(value: string): string {
  return /^[\w./:-]+$/.test(value) ? value : JSON.stringify(value);
}
