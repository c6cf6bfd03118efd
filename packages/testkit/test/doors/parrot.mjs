// A program that answers what it reads, as its first argument says; while it runs it is connected to the test.
import { connect } from "node:net";
import { text } from "node:stream/consumers";

const [behaviour, port] = process.argv.slice(2);
const socket = connect(Number(port), "127.0.0.1");
const asked = await text(process.stdin);
await new Promise((resolve) => socket.write(`${asked}\n`, resolve));

const say = (line) => process.stdout.write(`${typeof line === "string" ? line : JSON.stringify(line)}\n`);
if (behaviour === "talks nonsense") say(`what? ${asked}`);
else if (behaviour !== "is silent") {
  say({ word: "Polly wants " });
  if (behaviour === "answers") {
    say({ word: "a cracker" });
    say({ done: true });
  }
}
// what is open keeps the program alive
if (!behaviour.endsWith("silent")) socket.end();
