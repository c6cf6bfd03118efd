import { expect, test } from "vitest";
import { takeTurns } from "../src/turns.ts";

test("every round has every entrant once, warmed up, and in another order", async () => {
  const seen: string[] = [];
  const entrants = ["a", "b", "c"].map((name) => ({
    name,
    warmUp: async () => {
      seen.push("warm");
    },
    turn: async () => {
      seen.push(name);
      return { count: seen.length };
    },
  }));

  const samples = await takeTurns(entrants, 20, 0);

  const turns = seen.filter((name) => name !== "warm").join("");
  const orders = turns.match(/.../g) ?? [];
  expect(orders.filter((order) => [...order].sort().join("") !== "abc")).toEqual([]);
  expect(new Set(orders).size).toBe(6);
  expect(seen.filter((name) => name === "warm")).toHaveLength(60);
  expect([...samples.values()].map(({ length }) => length)).toEqual([20, 20, 20]);
});

test("rounds that warm up do not count", async () => {
  let turns = 0;
  const entrant = {
    name: "a",
    warmUp: async () => {},
    turn: async () => {
      turns += 1;
      return { turns };
    },
  };

  const samples = await takeTurns([entrant], 2, 3);

  expect(samples.get("a")).toEqual([{ turns: 4 }, { turns: 5 }]);
});
