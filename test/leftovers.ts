import { afterAll, expect } from "vitest";

/** What a file of tests can change for those behind it, which run in the same process. */
function shared(): object {
  return {
    environment: { ...process.env },
    folder: process.cwd(),
    clock: [Date, Date.now, performance.now, setTimeout, setInterval, setImmediate, queueMicrotask],
    globals: [fetch, Math.random, console.log, process.stdout.write, process.stderr.write],
    listeners: process.eventNames().map((name) => [name, process.listenerCount(name)]),
  };
}

// a setup file runs before the file of tests is imported
const before = shared();

// the hooks of the file itself run earlier
afterAll(() => expect(shared(), "what this file leaves to the next one").toEqual(before));
