import { parseArgs } from "node:util";

/** What the command is told to do. */
export interface Order {
  /** The path of the module that exports the factory, or a whole suite. */
  readonly module: string;
  /** Files with the answers of the server, in order. */
  readonly exchanges: readonly string[];
  /** The text of the answer. */
  readonly reply: string | undefined;
  /** Sent with every question. */
  readonly model: string | undefined;
  /** The reason for each ability that is missing; blank where none is given. */
  readonly declare: Readonly<Record<string, string>>;
  /** Whether every case that failed is listed, and not the first alone. */
  readonly listsAll: boolean;
}

/** How the command is called. */
export const USAGE = `usage: fallthrough-conformance <module> [--exchange <file>]... [--reply <text>] [--model <id>]
                               [--declare <ability>=<reason>]... [--all]

  <module>     exports the factory of a provider, or \`suite\`: what \`testProvider\` or \`testPeer\` is given
  --exchange   an answer of the server, with its head, as \`curl -si --raw\` writes it; once for each request
  --reply      the text of that answer
  --model      the model to ask, for a provider without a first one
  --declare    an ability that is missing, and why: --declare "tools=the server takes one text"
  --all        lists every case that failed, and not the first alone

The exit code is 0 if all cases pass, 1 if one fails, and 2 if the suite cannot be run.
`;

/** What the arguments say; @throws for unknown flags, and unless they name one module */
export function readOrder(args: readonly string[]): Order {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      exchange: { type: "string", multiple: true, default: [] },
      declare: { type: "string", multiple: true, default: [] },
      reply: { type: "string" },
      model: { type: "string" },
      all: { type: "boolean", default: false },
    },
  });
  const [module, ...others] = positionals;
  if (module === undefined || others.length > 0) {
    throw new Error(`${positionals.length} modules were given, expected one, such as ./provider.js`);
  }
  return {
    module,
    exchanges: values.exchange,
    reply: values.reply,
    model: values.model,
    declare: Object.fromEntries(values.declare.map(splitDeclaration)),
    listsAll: values.all,
  };
}

function splitDeclaration(text: string): readonly [ability: string, reason: string] {
  const [ability = "", ...reason] = text.split("=");
  return [ability.trim(), reason.join("=").trim()];
}
