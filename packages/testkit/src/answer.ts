/** The answer that a stand-in gives to a question; a speaker is named where one site has several models. */
export type AnswerTo = (question: string, speaker?: string) => string;

/** A surrogate pair, because cutting one in two is what streams get wrong. */
export const WAVE = "👋";

/** Answers that quote the end of the last question and the token of the run, so that none can be known before. */
export function createAnswers(run: string): AnswerTo {
  return (question, speaker) => {
    const words = lastQuestion(question).split(/\s+/).filter(Boolean);
    const quoted = (words.length > 6 ? ["…", ...words.slice(-6)] : words).join(" ");
    const signature = speaker === undefined ? "" : ` says ${speaker}`;
    return `You asked "${quoted}" ${WAVE} and this is run ${run}${signature}.`;
  };
}

/** The last user text of a conversation that was flattened into one prompt; any other prompt as it is. */
function lastQuestion(prompt: string): string {
  const turns = /^(?:System|User|Assistant|Tool): /.test(prompt) ? prompt.replace(/\n?Assistant:$/, "") : "";
  const users = turns
    .split(/(?:^|\n)(?=(?:System|User|Assistant|Tool): )/)
    .filter((turn) => turn.startsWith("User: "));
  return users.at(-1)?.slice("User: ".length) ?? prompt;
}

/** Cuts a text at its spaces into so many pieces; none is empty while there are enough words. */
export function splitAnswer(text: string, count: number): string[] {
  const words = text.match(/\s*\S+/g) ?? [];
  const at = (index: number): number => Math.floor((index * words.length) / count);
  return Array.from({ length: count }, (_, index) => words.slice(at(index), at(index + 1)).join(""));
}
