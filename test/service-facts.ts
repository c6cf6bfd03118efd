/** One statement on what real services send, with the test that shows what is made of it. */
export interface Statement {
  /** What it is about: 1 whom a failure speaks of, 2 times, 3 words, 4 wishes, 5 content, 6 cold models. */
  readonly section: 1 | 2 | 3 | 4 | 5 | 6;
  /** What a service does, and what follows. */
  readonly fact: string;
  /** Where the tests are. */
  readonly file: string;
  /** The title of the test as its file has it. */
  readonly test: string;
  /** Rows of its table that show this statement; absent where the whole test does. */
  readonly rows?: readonly string[] | undefined;
}

type Line = readonly [fact: string, test: string, ...rows: string[]];

function statements(section: Statement["section"], file: string, lines: readonly Line[]): Statement[] {
  return lines.map(([fact, test, ...rows]) => ({
    section,
    fact,
    file,
    test,
    rows: rows.length === 0 ? undefined : rows,
  }));
}

const OPENAI = "packages/provider-openai/test/services.test.ts";
const CHAIN = "packages/registry/test/services.test.ts";
const GATEWAY = "packages/gateway/test/services.test.ts";
const CALLS = "packages/provider-openai/test/tool-calls.test.ts";
const MODELS = "packages/provider-openai/test/models.test.ts";
const TIMES = "packages/core/test/http/answer/retry-after.test.ts";
const LIMITS = "packages/core/test/http/answer/rate-limits.test.ts";
const ADDRESSES = "packages/provider-openai/test/base-urls.test.ts";
const LOOP = "packages/registry/test/tool-loop.test.ts";
const BUDGET = "packages/registry/test/chain/budget.alone.test.ts";

/** What a failure says, read from its status and its body. */
const SAYS = "services.md §1: %s (%d) says what it is about";
const OTHERS = "services.md §1: %s says nothing of key or request, and the next is asked";
const NEED =
  "services.md §1: what is refused for %s is remembered for that need, and plain chat with the model goes on";
const MODEL = "services.md §1: %s speaks of the model, and other models of the server go on";
const TOO_LONG =
  "services.md §1: too long by %s goes on to a larger or unknown window, and never to one known to be smaller";
const LIMIT = "services.md §1: a limit %s is an answer: no error, no mark, and nobody else is asked";
const PLAIN =
  "services.md §1: a plain %s speaks of the model, and of the key once a second model was refused too";
const FILTER = "services.md §1: finish_reason %s is a filter, before the first text and after it";
const GAVE_UP = "services.md §1: finish_reason %s is a failure, never an answer";
const ONWARD = "services.md §1: the finish reason %s before any text leaves the answer to the next";
const COME_BACK = "services.md §2: %s says when to come back";
const NONE_LEFT = "services.md §2: a remaining of 0 on a success, as %s tells it, is worth as much as a 429";
const NOT_BEFORE =
  "services.md §2: after a 429 with %s nobody asks before that time, not even as the last one";
const TIME = "services.md §2: the time %j is %j ms away";
const WORDS = "services.md §3: %s reaches whoever can mend the fault";
const CLIENT =
  "services.md §3: a client whose request a service refuses with %d gets its words, and so does the log";
const WISH = "services.md §4: a refused %s is left out in one more try, and remembered";
const CALL = "services.md §5: calls that have %s are told apart, with ids of their own";
const WINDOW = "services.md §5: the context window is read from %s";
const ADDRESS = "services.md §5: %s is asked as it is";
const SERVICE_FAULT = "services.md, service x fault: $id, $fault";

/** Every statement on real services that the packages keep, one by one. */
export const STATEMENTS: readonly Statement[] = [
  ...statements(1, OPENAI, [
    ["401 speaks of the key", SAYS, "a refusal of the key in its status alone"],
    ["`invalid_api_key` speaks of the key", SAYS, "a refused key"],
    ["Google's 400 with `API_KEY_INVALID` speaks of the key", SAYS, "Google's refused key under 400"],
    ["xAI's 400 with a string speaks of the key", SAYS, "xAI's refused key as a plain string"],
    ["a 403 in JSON speaks of the model", SAYS, "a 403 in JSON"],
    ["Gemini's `FAILED_PRECONDITION` speaks of the origin", SAYS, "a country without the service"],
    ["OpenAI's code for a country does so too", SAYS, "OpenAI's code for such a country"],
    ["a plain 402 speaks of the model", SAYS, "a plain 402"],
    ["an account code speaks of the key", SAYS, "a spent account", "an account code"],
    ["404 for tools speaks of that need", SAYS, "no endpoint for tools"],
    ["404 for a tool choice speaks of that need", SAYS, "no endpoint for this tool_choice"],
    ["404 for images speaks of that need", SAYS, "no endpoint for images"],
    ["404 for the data policy speaks of the request", SAYS, "no endpoint for the data policy"],
    ["410 speaks of the model", SAYS, "a model that is gone"],
    ["Mistral's code 1500 speaks of the model", SAYS, "Mistral's invalid model"],
    ["OpenRouter's 400 on a model id speaks of the model", SAYS, "OpenRouter's model id"],
    ["Cloudflare's 400 with `No such model` speaks of the model", SAYS, "Cloudflare's model"],
    ["DeepSeek's `Model Not Exist` speaks of the model", SAYS, "DeepSeek's model"],
    ["Ollama's 400 on tools speaks of that need", SAYS, "a model without tools"],
    ["vLLM without a parser cannot call tools", SAYS, "vLLM without a parser"],
    ["DeepSeek has no `json_schema`", SAYS, "no json_schema", "no structured outputs"],
    ["`tool_use_failed` is one bad sample", SAYS, "Groq's call that does not parse"],
    ["any other 422 is one service's reading", SAYS, "any other 422"],
    ["413 with tokens per minute is a limit", SAYS, "413 for tokens per minute"],
    ["vLLM's words on the context length", SAYS, "vLLM's context length"],
    [
      "Cohere and Z.ai count the tokens of a request",
      SAYS,
      "Cohere's count of tokens",
      "Z.ai's count of tokens",
    ],
    ["498, 424 and 529 are the server's", SAYS, "Groq's 498", "TGI's 424", "an overload"],
    ["NVIDIA's `DEGRADED` is the server's", SAYS, "a degraded function"],
    ["503 while a model is loaded is the server's", SAYS, "a model that is loading"],
    [
      "LM Studio's 200 with an error is a wrong base URL",
      "services.md §1: a base URL without its path is a setting to mend",
    ],
    [
      "a code behind 4 KiB of a body counts",
      "services.md §1: a code behind 4 KiB of a body decides as one before",
    ],
    [
      "SGLang tells the length in an event of a 200",
      "services.md §1: an event of code 400 that tells the length is told as one",
    ],
    ["the server gave up", GAVE_UP, "error", "abort", "network_error", "insufficient_system_resource"],
    [
      "a failure object stands on the choice",
      "services.md §1: a failure object on the choice is one, with the server's code and words",
    ],
    [
      "llama.cpp sends a field line `error`",
      "services.md §1: llama.cpp's field `error` %s is a failure, with its words",
      "in an event of its own",
    ],
    [
      "it does so just before the end marker too",
      "services.md §1: llama.cpp's field `error` %s is a failure, with its words",
      "just before the end marker",
    ],
    ["an answer was filtered", FILTER, "sensitive", "content_filter", "SAFETY"],
    [
      "Gemini blocks a prompt without candidates",
      "services.md §1: a prompt that Gemini blocks is filtered, not empty",
    ],
    [
      "other names of a stop",
      "services.md §1: finish_reason %s is a stop",
      "end_turn",
      "eos",
      "eos_token",
      "stop_sequence",
    ],
    [
      "a blank `error` stands beside a good answer",
      "services.md §1: the blank error %j beside a good answer is none",
    ],
    [
      "a full window ends an answer, or refuses it",
      "services.md §1: a window that is full is too long before the first text, and a limit after it",
    ],
    [
      "a reason that nobody knows keeps the server's word",
      "services.md §1: a reason that nobody knows is `other`, with the server's word",
    ],
  ]),
  ...statements(1, GATEWAY, [
    [
      "a client never gets it as a stop",
      "services.md §1: a reason that nobody knows is told in the server's word, and never as a stop",
    ],
  ]),
  ...statements(1, CHAIN, [
    [
      "a refused key is refused for all models",
      "services.md §1: a refused key is not asked again for any of its models",
    ],
    ["a second model that gets a 403 tells on the key", PLAIN, "403"],
    ["a second model that gets a 402 tells on the key", PLAIN, "402"],
    [
      "a country without the service is that for every key",
      "services.md §1: a country without the service speaks of the origin, under every key",
    ],
    [
      "OpenRouter answers fewer tokens after a 402",
      "services.md §1: the same model answers a smaller request after a 402, because nobody else is there",
    ],
    [
      "a 402 of Pollinations may pass in seconds, and every other is short",
      "services.md §1: a 402 that says when the queue is shorter is over then, and every other within minutes",
    ],
    [
      "exact account codes speak of the key at once",
      "services.md §1: the exact account code %s speaks of the key at once",
      "insufficient_quota",
      "billing_hard_limit_reached",
      "account_suspended",
      "credit_balance_too_low",
    ],
    ["OpenRouter has no endpoint for tools", NEED, "tools"],
    ["OpenRouter has no endpoint for a tool choice", NEED, "a tool choice"],
    ["OpenRouter has no endpoint for images", NEED, "images"],
    ["a model of Ollama has no tools", NEED, "tools of Ollama"],
    ["a vLLM without a parser has none", NEED, "tools of a vLLM without a parser"],
    ["DeepSeek has no schema", NEED, "a schema of DeepSeek"],
    ["Groq in 2024 had JSON or a stream", NEED, "JSON while streaming", "streaming with JSON"],
    [
      "the data policy is a wish of this request",
      "services.md §1: a refusal for the data policy is about this request, and marks nobody",
    ],
    [
      "a call that does not parse is worth the next candidate",
      "services.md §1: a call that Groq could not parse is worth the next candidate, and marks nobody",
    ],
    ["404 and 410 speak of the model", MODEL, "404", "410"],
    ["codes on the model speak of it", MODEL, "model_not_found", "unknown_model", "Mistral's 1500"],
    ["words on the model speak of it", MODEL, "OpenRouter's model id", "DeepSeek's words"],
    [
      "what one service refuses another takes",
      "services.md §1: any other %d goes on to every other candidate, and marks nobody",
    ],
    [
      "what is wrong for all is found by our own check",
      "services.md §1: what is wrong for all is found before anybody is asked",
    ],
    [
      "413 on tokens per minute is no length",
      "services.md §1: a 413 that names tokens per minute is a limit, and any other is the length",
    ],
    ["vLLM's 400 is too long for this model", TOO_LONG, "vLLM's words"],
    ["SGLang's event is so too", TOO_LONG, "SGLang's event"],
    ["OpenAI's code far behind is so too", TOO_LONG, "OpenAI's code behind 4 KiB"],
    ["finish reasons that tell the length are so too", TOO_LONG, "Z.ai's reason", "Mistral's reason"],
    ["windows stand in `/models`", "services.md §1: windows are learned from the server's list of models"],
    ["statuses of the server alone", OTHERS, "498", "424", "529"],
    ["NVIDIA's `DEGRADED` says nothing of the key", OTHERS, "a DEGRADED function"],
    ["503 while loading says nothing of the key", OTHERS, "503 while loading"],
    ["LM Studio's 200 is a setting", OTHERS, "LM Studio's 200"],
    [
      "a server that gave up leaves the answer to the next",
      ONWARD,
      "error",
      "abort",
      "network_error",
      "insufficient_system_resource",
    ],
    ["a limit after text is an answer", LIMIT, "after text", "before anything"],
    ["a limit after reasoning alone is an answer", LIMIT, "after reasoning alone"],
    ["a limit in a tool call is an answer without it", LIMIT, "after a call that was cut"],
  ]),
  ...statements(1, CALLS, [
    [
      "a call that the limit cut is not given",
      "services.md §1: a call that was cut at a limit is not given, and those before it are",
    ],
  ]),
  ...statements(1, "packages/registry/test/service-faults.test.ts", [
    [
      "every preset with each fault: 401, 402, 403, 404, 413, 429, 5xx, cut, length, tool call",
      SERVICE_FAULT,
    ],
  ]),
  ...statements(2, OPENAI, [
    ["`Retry-After`", COME_BACK, "Retry-After"],
    ["OpenAI's durations", COME_BACK, "OpenAI's durations"],
    [
      "of several limits the one that is used up counts",
      COME_BACK,
      "the limit that is used up, and not the one that has room",
    ],
    ["Groq has requests of a day and tokens of a minute", COME_BACK, "Groq's tokens of a minute"],
    ["Cerebras counts seconds of minute, hour and day", COME_BACK, "Cerebras' seconds of a day"],
    ["SambaNova does so too", COME_BACK, "SambaNova's seconds of a minute"],
    ["Gemini's `RetryInfo`", COME_BACK, "Google's RetryInfo"],
    ["a quota of 0 never comes back", COME_BACK, "a quota of none"],
    ["Hugging Face's `estimated_time`", COME_BACK, "Hugging Face's estimated_time"],
    ["the draft's fields", COME_BACK, "the draft's fields"],
    [
      "OpenRouter repeats headers in the error",
      "services.md §2: OpenRouter's reset is a moment, in the headers of its own metadata",
    ],
    [
      "Gemini's quota of the day ends when the day turns",
      "services.md §2: a quota of the day ends when the day turns, not after the seconds of the minute",
    ],
  ]),
  ...statements(2, TIMES, [
    ["repeated numbers with units", TIME, "6m0s", "1.57s", "100ms", "1h2m3s"],
    ["a bare number is seconds", TIME, "33011.382"],
    ["RFC 3339", TIME, "2026-11-29T12:00:30Z", "2026-11-29T14:00:30.5+02:00"],
    ["an HTTP date", TIME, "Sun, 29 Nov 2026 12:01:00 GMT"],
    ["what is no time is none", TIME, "soon", "6m0", "-5s"],
    [
      "it never throws, and ends at 24 h",
      "services.md §2: whatever a server names, the time is none or within a day, and nothing is thrown",
    ],
    [
      "a date is read against the answer's own",
      "services.md §2: a date is read against the server's own clock",
    ],
  ]),
  ...statements(2, LIMITS, [
    ["headers that say when there is room", "services.md §2: the limits %j have room again in %j ms"],
    [
      "headers that say what is left",
      "services.md §2: the limits that %s tells of are read from every answer",
      "OpenAI",
      "Cerebras",
      "Anthropic",
      "the draft",
    ],
  ]),
  ...statements(2, CHAIN, [
    ["none left, by OpenAI's headers", NONE_LEFT, "OpenAI", "OpenAI, for tokens"],
    ["none left, by Groq's", NONE_LEFT, "Groq"],
    ["none left, by Cerebras' and SambaNova's", NONE_LEFT, "Cerebras", "SambaNova"],
    ["none left, by OpenRouter's milliseconds", NONE_LEFT, "OpenRouter"],
    ["none left, by Anthropic's", NONE_LEFT, "Anthropic"],
    ["none left, by the draft's", NONE_LEFT, "the draft"],
    ["a time is kept, in a header", NOT_BEFORE, "Retry-After", "a date", "retry-after-ms"],
    ["a time is kept, in a body", NOT_BEFORE, "RetryInfo", "estimated_time"],
  ]),
  ...statements(2, "packages/registry/test/chain/limits.test.ts", [
    [
      "the next call goes elsewhere until the reset",
      "services.md §2: a remaining of 0 on a success sends the next call elsewhere until the reset",
    ],
  ]),
  ...statements(3, OPENAI, [
    ["`error.message`", WORDS, "error.message"],
    ["`error` as a string", WORDS, "error as a string"],
    ["a list of one error (Gemini, Together)", WORDS, "a list of one error"],
    ["`error.metadata.raw` (OpenRouter)", WORDS, "what is behind OpenRouter"],
    ["a `message` on top", WORDS, "a top-level message"],
    ["`detail` as text", WORDS, "a detail"],
    ["`detail` as a list of places and words", WORDS, "FastAPI's list"],
    ["`errors` (Cloudflare)", WORDS, "Cloudflare's list"],
    ["`title` and `detail` (RFC 7807)", WORDS, "problem details"],
    ["words are one line", WORDS, "several lines"],
    ["a refusal is a text", "services.md §3: a refusal is told in the model's words"],
    [
      "words have up to 300 characters",
      "services.md §3: words of 300 characters are told whole, and longer ones are cut there",
    ],
    [
      "words are redacted",
      "services.md §3: words that repeat the key, another secret or the prompt are told without them",
    ],
    [
      "error bodies can be long: 64 KiB are read",
      "services.md §3: of an error body without an end 64 KiB are read, and no more",
    ],
    [
      "where JSON is cut, code and words are looked for in what there is",
      "services.md §3: code and words are found in a body that was cut at 64 KiB",
    ],
  ]),
  ...statements(3, GATEWAY, [
    ["a client of the gateway gets them, and its log", CLIENT],
    [
      "for other statuses the log alone has them",
      "services.md §3: the words of a %d are for whoever runs the gateway, in its log alone",
    ],
  ]),
  ...statements(3, "packages/cli/test/first-answer.test.ts", [
    [
      "the command tells them",
      "services.md §3: the command tells the server's own words where nobody answered",
    ],
  ]),
  ...statements(3, "packages/provider-fakegpt/test/protocol.test.ts", [
    ["FakeGpt tells them", "services.md §3: the server's words are told where they stand in `detail` as %s"],
  ]),
  ...statements(3, "packages/provider-fakegpt/test/provider.test.ts", [
    [
      "and when to come back",
      "services.md §2, §3: a refusal is told with the server's own words, and when to come back",
    ],
  ]),
  ...statements(3, "packages/provider-pizzagpt/test/provider.test.ts", [
    [
      "PizzaGPT tells both",
      "services.md §2, §3: a refusal is told with the site's own words in `%s`, and when to come back",
    ],
  ]),
  ...statements(3, "packages/ai-power/test/ask.test.ts", [
    [
      "sites with AI Power tell both, so ChatGptt and chatgptfree do",
      "services.md §2, §3: words %s are told, and when to come back",
    ],
  ]),
  ...statements(4, OPENAI, [
    ["`temperature`, by `unsupported_value`", WISH, "temperature"],
    ["`max_tokens`, by `unsupported_parameter`", WISH, "max_tokens"],
    ["penalties, by `extra_forbidden` and `loc`", WISH, "presence_penalty", "frequency_penalty"],
    ["`seed` (Mistral)", WISH, "seed"],
    ["`parallel_tool_calls`", WISH, "parallel_tool_calls"],
    ["`stream_options`", WISH, "stream_options"],
    ["a named `tool_choice` (LM Studio)", WISH, "tool_choice"],
    [
      "`required` with that tool alone means the same",
      "services.md §4: a named tool that is required alone means the same",
    ],
    [
      "the limit's name goes by the model",
      "services.md §4: the limit's other name is tried in both directions, by model and not by instance, under %d",
    ],
    [
      "`strict` is the caller's word",
      "services.md §4: `strict` is sent as the caller said it, and not at all where it was not said",
    ],
    [
      "`strict` and a `null` content are refused by some",
      "services.md §4: `strict` and a `null` content are given up where they are refused",
    ],
    [
      "it is asked once more and no oftener, and remembered for that model",
      "services.md §4: one more try is all, for a wish by its name and for that model alone",
    ],
    [
      "exactly one wish must be named",
      "services.md §4: a refusal that names %s is not asked again",
      "no wish",
      "two wishes",
      "the length",
    ],
    [
      "an answer that has begun is not asked again",
      "services.md §4: a refusal inside an answer that has begun is not asked again",
    ],
  ]),
  ...statements(5, OPENAI, [
    [
      "Mistral sends lists of chunks",
      "services.md §5: Mistral's content lists are text and thoughts, and the rest is ignored",
    ],
    [
      "Moonshot, DeepSeek and Perplexity have fields of their own",
      "services.md §5: usage inside the choice, DeepSeek's cache and Perplexity's citations are read",
    ],
    [
      "the content type is another one than announced",
      "services.md §5: %s is read",
      "events under application/json",
      "JSON under text/event-stream",
      "one JSON value although a stream was asked for",
    ],
  ]),
  ...statements(5, LOOP, [
    [
      "signatures of Gemini, details of OpenRouter and thoughts of DeepSeek come back",
      "services.md §5: a tool loop with %s",
    ],
  ]),
  ...statements(5, "packages/gateway/test/dialects/chat-completions/opaque-fields.test.ts", [
    [
      "they make the round trip through the gateway",
      "services.md §5: on the wire every opaque value says who wrote it, and plain text stays as it is",
    ],
  ]),
  ...statements(5, CALLS, [
    [
      "a placeholder `{}` and then the arguments",
      CALL,
      "a placeholder and then the arguments under one index",
      "a placeholder and then the whole arguments, with id and name again",
    ],
    ["index 0 for all, with blank ids", CALL, "index 0 for all, with blank ids"],
    ["one index and id with another name", CALL, "one index and id with another name"],
    [
      "a second whole call without an id",
      CALL,
      "a second whole call under index 0 without an id",
      "another whole value without a name",
    ],
    ["one id for two calls", CALL, "one id for two calls", "one id for two calls without an index"],
    ["arguments as an object", CALL, "arguments as an object"],
    ["no arguments at all", CALL, "no arguments at all"],
    [
      "a piece is no other call while the arguments are not whole",
      CALL,
      "name and id in each piece",
      "a value of their own in each piece of the arguments",
    ],
    ["several calls in one event", "services.md §5: several calls in one event are several calls"],
    [
      "arguments that are no JSON",
      "services.md §5: arguments that are no JSON are given on as they are, with a warning",
    ],
    [
      "what only the server understands is kept with the call",
      "services.md §5: what only the server understands of a call is kept under the provider's id",
    ],
  ]),
  ...statements(5, MODELS, [
    [
      "`/models` is `data`, `models` or a bare list",
      "services.md §5: a list of models may be %s",
      "a bare list, as Together answers it",
      "`models`",
      "`data`",
    ],
    ["Groq's `context_window`", WINDOW, "context_window"],
    ["`context_length`, `max_model_len`", WINDOW, "context_length", "max_model_len"],
    ["llama.cpp's `meta.n_ctx`", WINDOW, "meta.n_ctx"],
    [
      "OpenRouter's `top_provider`",
      WINDOW,
      "top_provider.context_length, which is less than the model's own",
    ],
    [
      "models that are not for chat",
      "services.md §5: $id is not for chat, and is left out",
      "bge-m3",
      "all-minilm:l6-v2",
      "nomic-embed-text:latest",
      "whisper-large-v3-turbo",
      "playai-tts",
    ],
  ]),
  ...statements(5, ADDRESSES, [
    [
      "Azure has a version and a header of its own",
      ADDRESS,
      "Azure's older path with its version",
      "Azure's newer path with a version",
    ],
    ["Cloudflare has the account in the path", ADDRESS, "Cloudflare's path with the account"],
    ["some have no `/v1`", ADDRESS, "a path without /v1", "no path"],
    ["a key is no part of an address", "services.md §5: a base URL takes no other field, which may be a key"],
  ]),
  ...statements(6, BUDGET, [
    [
      "servers on this machine and nearby get 300 s",
      "services.md §6: a cold model on %s gets 300 s to its first text and between pieces",
      "this machine",
      "a private network",
    ],
    [
      "they do not take the time of the others",
      "services.md §6: one that takes longer is passed over, and those behind it have all their time",
    ],
    [
      "hosted ones that are slow get theirs by settings",
      "services.md §6: a hosted server that is known to be slow gets the time of its settings",
    ],
  ]),
  ...statements(6, "packages/provider-openai/test/presets.test.ts", [
    [
      "and by presets",
      "services.md §6: %s, which is known to be slow, gets its time in the preset",
      "nvidia",
      "ollama-cloud",
      "zai",
    ],
  ]),
];
