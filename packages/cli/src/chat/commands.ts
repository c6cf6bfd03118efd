import { type Application, reportUnknown } from "../application.ts";
import { noteError } from "../failure.ts";
import type { Output } from "../output.ts";
import { formatRoute } from "../route.ts";
import type { Shell } from "../shell.ts";
import type { Conversation } from "./conversation.ts";
import { loadConversation, readImage, saveConversation } from "./saved-conversation.ts";

/** What a command of the conversation works on. */
export interface CommandContext {
  /** The process. */
  readonly shell: Shell;
  /** The application around it. */
  readonly application: Application;
  /** What was said. */
  readonly conversation: Conversation;
  /** Where it tells something. */
  readonly output: Output;
  /** Ends an answer. */
  readonly signal: AbortSignal;
}

interface ChatCommand {
  readonly usage: string;
  readonly does: string;
  run(rest: string, context: CommandContext): void | Promise<void>;
}

/** The commands, by their names. */
const COMMANDS: Readonly<Record<string, ChatCommand>> = {
  "/help": { usage: "", does: "tells this", run: help },
  "/model": { usage: "[name]", does: "tells or chooses who is asked", run: chooseModel },
  "/system": { usage: "[text]", does: 'tells or sets the instructions, "" for none', run: setSystem },
  "/image": { usage: "<file or URL>", does: "gives an image to the next question", run: attachImage },
  "/retry": { usage: "", does: "asks the last question again", run: retry },
  "/route": { usage: "", does: "tells who was asked for the last answer", run: tellRoute },
  "/save": { usage: "<file>", does: "writes the conversation into a file", run: save },
  "/load": { usage: "<file>", does: "goes on with a conversation that was saved", run: load },
  "/exit": { usage: "", does: "leaves, as Ctrl-C twice at the prompt does", run() {} },
};

/** The commands in one line. */
export const COMMAND_LIST: string = Object.entries(COMMANDS)
  .map(([name, { usage }]) => [name, usage].filter(Boolean).join(" "))
  .join(", ");

/** Runs the command that an entry begins with; tells what is wrong with it. */
export async function runChatCommand(entry: string, context: CommandContext): Promise<void> {
  const [, word = "", rest = ""] = /^\s*(\S+)\s*(.*?)\s*$/.exec(entry) ?? [];
  const command = Object.hasOwn(COMMANDS, word) ? COMMANDS[word] : undefined;
  const { output } = context;
  if (command === undefined) {
    output.note(`unknown command ${word}, expected one of `, COMMAND_LIST);
    return;
  }
  if (command.usage.startsWith("<") && rest === "") {
    output.note(`${word} lacks ${command.usage}, expected it after the command`);
    return;
  }
  try {
    await command.run(rest, context);
  } catch (error) {
    noteError(output, error);
  }
}

function help(_: string, { output }: CommandContext): void {
  const rows = Object.entries(COMMANDS).map(([name, { usage, does }]) => [`${name} ${usage}`.trim(), does]);
  const width = Math.max(...rows.map(([name = ""]) => name.length));
  for (const [name = "", does = ""] of rows) output.note(`${name.padEnd(width)}  ${does}`);
  output.note("Ctrl-C stops an answer, clears what is typed, and twice at the prompt leaves");
}

function chooseModel(name: string, { application, conversation, output }: CommandContext): void {
  if (name !== "") {
    try {
      application.registry.resolve(name);
    } catch (error) {
      reportUnknown(output, application, error, false);
      return;
    }
    conversation.model = name;
  }
  const candidates = application.registry.resolve(conversation.model);
  const asked = candidates.map(({ provider, model }) => (model ? `${provider.id}/${model}` : provider.id));
  output.note(`${conversation.model ?? "auto"}: ${asked.join(", ")}`);
}

function setSystem(text: string, { conversation, output }: CommandContext): void {
  if (text !== "") conversation.system = text === '""' ? undefined : text;
  output.note(conversation.system === undefined ? "no instructions" : `instructions: ${conversation.system}`);
}

function attachImage(name: string, { shell, conversation, output }: CommandContext): void {
  conversation.attach(readImage(shell, name));
  output.note({ text: "the next question has the image", style: "dim" });
}

async function retry(_: string, { conversation, output, signal }: CommandContext): Promise<void> {
  if (!(await conversation.retry(signal))) output.note("nothing was asked yet");
}

function tellRoute(_: string, { conversation, output }: CommandContext): void {
  for (const line of formatRoute(conversation.route ?? { attempts: [] })) output.note(...line);
}

function save(name: string, { shell, conversation, output }: CommandContext): void {
  output.note(`saved in ${saveConversation(shell, name, conversation)}`);
}

function load(name: string, { shell, conversation, output }: CommandContext): void {
  const file = loadConversation(shell, name, conversation);
  output.note(`${conversation.history.length} messages of ${file}`);
}
