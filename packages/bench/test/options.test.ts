import { expect, test } from "vitest";
import { parseOptions } from "../src/options.ts";

const SUITES = ["stream", "json"];

test("nothing said is the short set with the other clients", () => {
  expect(parseOptions([], SUITES)).toEqual({ all: false, only: [], peers: true, json: "", rounds: 5 });
});

test("the full set has more rounds, unless they are named", () => {
  expect(parseOptions(["--all"], SUITES).rounds).toBe(10);
  expect(parseOptions(["--rounds", "3", "--all"], SUITES).rounds).toBe(3);
});

test("several suites are written in one argument", () => {
  expect(parseOptions(["--only", "json,stream", "--no-peers"], SUITES)).toMatchObject({
    only: ["json", "stream"],
    peers: false,
  });
});

test.each([
  [["--fast"], "unknown argument `--fast`"],
  [["--only"], 'unknown suite ""; known: stream, json'],
  [["--only", "streams"], 'unknown suite "streams"; known: stream, json'],
  [["--rounds", "0"], "`--rounds` takes a whole number from 1"],
  [["--rounds", "many"], "`--rounds` takes a whole number from 1"],
])("%j is refused in one line", (args, message) => {
  expect(() => parseOptions(args, SUITES)).toThrow(message);
});
