import type { ChatProvider, ChatRequest, ChatResult, ToolDefinition } from "@fallthrough/core";
import { chat } from "@fallthrough/core";
import type { FaultScript } from "../fault-server.ts";
import type { RecordedResponse } from "../recording.ts";
import { failureOf, question } from "./ask.ts";
import { learnPlan, type Plan } from "./plan.ts";
import { type Stage, type StageOptions, startStage } from "./stage.ts";
import type { Ability, ProviderSuite } from "./suite.ts";

/** What a case works with. */
export interface Kit {
  /** What the test file tells of its provider. */
  readonly suite: ProviderSuite;
  /** The requests that one good answer takes. */
  readonly plan: Plan;
  /** The file that calls `testProvider`. */
  readonly testFile: string;
  /** Starts a stage that ends with the case. */
  stage(options?: StageOptions): Promise<Stage>;
  /** The same for the answer that calls tools. */
  toolStage(options?: StageOptions): Promise<Stage>;
  /** The suite's question, with these fields changed. */
  request(fields?: Partial<ChatRequest>): ChatRequest;
  /** The answer as a caller gets it. */
  ask(provider: ChatProvider, fields?: Partial<ChatRequest>): Promise<ChatResult>;
}

/** One promise of the contract; its title says what a provider that fails it does wrong. */
export interface ConformanceCase {
  /** A sentence that names the promise. */
  readonly title: string;
  /** Set where the provider may declare that it lacks this. */
  readonly ability?: Ability | undefined;
  /** Why the case cannot be run for this suite, or on this runtime. */
  readonly obstacle?: ((suite: ProviderSuite) => string | undefined) | undefined;
  /** Rejects where the promise is broken. */
  run(kit: Kit): Promise<void>;
}

/** Runs cases against the provider of the suite that this file declares. */
export function createRunner(
  suite: ProviderSuite,
  testFile: string,
): (conformanceCase: ConformanceCase) => Promise<void> {
  let learned: Promise<Plan> | undefined;
  let learnedTools: Promise<Plan> | undefined;
  const toolSuite = withToolCalls(suite);
  const request = (fields?: Partial<ChatRequest>): ChatRequest => ({
    ...question(),
    ...suite.request,
    ...fields,
  });

  return async ({ run }) => {
    learned ??= learnPlan(suite);
    const plan = await learned;
    const stages: Stage[] = [];
    const begin = async (...stageOf: Parameters<typeof startStage>): Promise<Stage> => {
      const stage = await startStage(...stageOf);
      stages.push(stage);
      return stage;
    };
    try {
      await run({
        suite,
        plan,
        testFile,
        request,
        ask: (provider, fields) => chat(provider, request(fields)).result(),
        stage: (options = {}) => begin(suite, plan, options),
        async toolStage(options = {}) {
          learnedTools ??= learnPlan(toolSuite);
          return begin(toolSuite, await learnedTools, options);
        },
      });
    } finally {
      // a provider that does not close has a case of its own
      await Promise.allSettled(stages.map((stage) => stage.close()));
    }
  };
}

/** The same provider with the answer that calls tools in the place of the other. */
function withToolCalls(suite: ProviderSuite): ProviderSuite {
  const { toolCalls, request } = suite;
  if (toolCalls === undefined) return suite;
  return { ...suite, exchanges: toolCalls.exchanges, request: { ...request, tools: toolsOf(suite) } };
}

/** A tool for each name that the answer calls. */
export function toolsOf({ toolCalls }: ProviderSuite): ToolDefinition[] {
  const names = new Set(toolCalls?.calls.map(({ name }) => name));
  return [...names].map((name) => ({ name, parameters: { type: "object", properties: {} } }));
}

/** What a caller gets when this takes the place of the answer. */
export async function failureBy(
  kit: Kit,
  script: (response: RecordedResponse) => FaultScript,
): ReturnType<typeof failureOf> {
  const { provider } = await kit.stage({ script });
  return failureOf(kit.ask(provider), "the call");
}
