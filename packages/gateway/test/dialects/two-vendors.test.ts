import { createRegistry } from "@fallthrough/registry";
import { afterEach, expect, test } from "vitest";
import { createGateway } from "../../src/index.ts";
import { COLUMNS, post } from "./columns.ts";
import type { Ask, Told, Turned } from "./dialogues.ts";
import { type Signing, startVendor, type Vendor } from "./vendors.ts";

// a client says nothing about who wrote what it sends back, and a vendor answers a foreign signature with 400

const ASK: Ask = {
  messages: [{ role: "user", content: "When?" }],
  tools: [{ name: "now", parameters: { type: "object", properties: {} } }],
};

const PAIRS: readonly (readonly [one: Signing, two: Signing])[] = [
  ["details", "details"],
  ["thinking", "thinking"],
  ["details", "thinking"],
  ["thinking", "signedCalls"],
  ["signedCalls", "details"],
];

const vendors: Vendor[] = [];
afterEach(() => {
  for (const vendor of vendors.splice(0)) vendor.close();
});

const CELLS = COLUMNS.flatMap((column) =>
  PAIRS.flatMap(([first, second]) =>
    [false, true].map((stream) => [column.name, first, second, stream, column] as const),
  ),
);

test.each(CELLS)(
  "in %s, a tool loop goes from a vendor with %s to one with %s and back, and each sees its own signatures only, streamed: %s",
  async (_, first, second, stream, column) => {
    const [one, two] = [await startVendor("one", first), await startVendor("two", second)];
    vendors.push(one, two);
    // no cooldown, so that the first one is asked again in the next turn
    const policy = { server: { health: "none" } } as const;
    const gateway = createGateway(createRegistry({ providers: [one.provider, two.provider], policy }));
    const turns: Turned[] = [];
    const answered: (string | null)[] = [];

    /** Asks, and puts the answer with the results of its calls into the conversation. */
    async function turn(): Promise<Told> {
      const response = await post(gateway, column, column.next(ASK, stream, turns));
      answered.push(response.headers.get("x-fallthrough-provider"));
      const told = await column.read(response, stream);
      const results = Object.fromEntries((told.toolCalls ?? []).map(({ id = "" }) => [id, "12:00"]));
      turns.push({ history: told.history, results });
      return told;
    }

    await turn();
    one.isDown = true;
    await turn();
    one.isDown = false;
    await turn();
    const last = await turn();

    expect(answered).toEqual(["one", "two", "one", "one"]);
    expect(last).toMatchObject({ text: "done by one", reasoning: "let me see", finishReason: "stop" });
    expect(two.seen).toEqual([[]]);
    expect(one.seen).toEqual([[], one.signed[0], [...(one.signed[0] ?? []), ...(one.signed[1] ?? [])]]);
    expect(one.signed[0]).not.toHaveLength(0);
  },
);
