import { httpChunk, httpResponse } from "@fallthrough/testkit";
import { expect } from "vitest";
import { ChainExhaustedError } from "../../src/index.ts";
import { chainRow } from "./chain-row.ts";
import type { FaultRow } from "./row.ts";
import { EVENTS_HEAD } from "./wire-provider.ts";

const READ = { read: "request" } as const;

function status(code: number, headers: Record<string, string> = {}, body = "{}") {
  const fields = { "content-type": "application/json", connection: "close", ...headers };
  return [READ, { send: httpResponse({ status: code, headers: fields, body }) }] as const;
}

const CAPTCHA = status(200, { "content-type": "text/html" }, "<html><title>Are you human?</title></html>");
const ROLE = httpChunk('data: {"role":"assistant"}\n\n');
const CUT = [READ, { send: Buffer.concat([EVENTS_HEAD, ROLE]) }, { wait: 20 }, { end: "fin" }] as const;
const RESET = [READ, { end: "rst" }] as const;

/** Nobody answers, and each fails in its own way. */
export const EXHAUSTED_ROWS: readonly FaultRow[] = [
  chainRow(
    {
      row: 66,
      fault: "all fail, each another way",
      sent: "500, 429 for 7 s, 401, a captcha, a cut body, a RST",
      code: "-",
      follows: "stop",
    },
    {
      servers: [
        [status(500)],
        [status(429, { "retry-after": "7" })],
        [status(401)],
        [CAPTCHA],
        [CUT],
        [RESET],
      ],
      healthy: 0,
      async check({ ask }) {
        const asked = Date.now();
        const { error, attempts } = await ask();

        const codes = ["server", "rate-limit", "auth", "blocked", "interrupted", "network"];
        expect(attempts).toEqual(codes.map((code, index) => `p${index + 1}:failed:${code}`));
        expect(error).toBeInstanceOf(ChainExhaustedError);
        const { errors, message, retryAt, code } = error as ChainExhaustedError;
        expect(errors.map((one) => [one.provider, one.code])).toEqual(
          codes.map((one, index) => [`p${index + 1}`, one]),
        );
        expect(code).toBeUndefined();
        const [head, ...lines] = message.split("\n");
        expect(head).toContain("6 asked, 0 skipped");
        expect(lines).toHaveLength(6);
        for (const [index, line] of lines.entries()) expect(line).toContain(`p${index + 1}: failed`);
        const waitMs = Number(retryAt) - asked;
        expect(waitMs).toBeGreaterThan(5_500);
        expect(waitMs).toBeLessThan(9_500);
      },
    },
  ),
];
