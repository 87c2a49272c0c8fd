import { EsteiraError } from "@esteira/core/errors";
import { Command as Program } from "commander";
import pc from "picocolors";
import type { Terminal } from "./command.ts";
import { commandsFor } from "./commands.ts";
import { version } from "./version.ts";

const GROUPS: Readonly<Record<string, string>> = {
  models: "Serve, use and verify models",
  users: "Manage who may use a server",
  tokens: "Manage service tokens, for programs",
  ci: "Pipelines of a CI: write them, sign in, comment",
  image: "Container images in registries and folders",
  deploy: "Serve versions: on this machine, in containers, on a cluster",
  trust: "Trust jobs of a CI, by their OIDC identity",
  policy: "Protect aliases and stages of a registered model",
  flow: "How versions go to production, step by step",
  evidence: "What speaks for a promotion",
  decision: "What a model decided about a person: show it, make it again, erase it",
  monitor: "Watch a model in service: its decisions, what became known of them, a report",
  labels: "What became known of decisions",
  audit: "The timeline of the registry: verify it, look into it",
  db: "Look after a database",
};

/** 0 done, 2 a fault of the command line or of its input, 1 a defect of ours. */
const FAULT = 2;
const DEFECT = 1;
/** What a shell calls the end of a program whose reader has gone. */
const BROKEN_PIPE = 141;

// `esteira ... | head`: nobody reads any more, which is no defect of anybody.
for (const stream of [process.stdout, process.stderr])
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(BROKEN_PIPE);
  });

const terminal: Terminal = {
  env: process.env,
  out: (line) => void process.stdout.write(`${line}\n`),
  note: (line) => void process.stderr.write(`${line}\n`),
  interrupted: () =>
    new Promise((resolve) => {
      process.once("SIGINT", resolve);
      process.once("SIGTERM", resolve);
    }),
};

const program = new Program("esteira")
  .description("The life of a model: tracking, models, registry, gates and serving, as MLflow speaks them.")
  .version(version)
  .showSuggestionAfterError()
  // A command may have a --version of its own.
  .enablePositionalOptions()
  .showHelpAfterError("(esteira --help lists the commands and options)")
  .exitOverride((error) => {
    throw error;
  });

for (const command of await commandsFor(process.argv.slice(2))) {
  const words = command.name.split(" ");
  const leaf = words.pop() ?? "";
  const parent = words.reduce<Program>(
    (at, word) => at.commands.find((sub) => sub.name() === word) ?? at.command(word).description(GROUPS[word] ?? ""),
    program,
  );
  const sub = parent.command(leaf).description(command.summary);
  for (const option of command.options) {
    if (option.repeats)
      sub.option<readonly string[]>(option.flags, option.summary, (value, all) => [...(all ?? []), value]);
    else if (option.required) sub.requiredOption(option.flags, option.summary);
    else sub.option(option.flags, option.summary, option.default);
  }
  const names = (command.arguments ?? []).map(({ name }) => name);
  for (const { name, summary } of command.arguments ?? []) sub.argument(`<${name}>`, summary);
  sub.action(async () => {
    const given = Object.fromEntries(names.map((name, at) => [name, sub.args[at]]));
    process.exitCode = await command.run({ ...sub.opts(), ...given }, terminal);
  });
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof EsteiraError) {
    terminal.note(`${pc.red("esteira:")} ${error.message}`);
    process.exitCode = FAULT;
  } else if (error instanceof Error && "exitCode" in error && typeof error.exitCode === "number") {
    // commander has already written its help, its version or its complaint.
    process.exitCode = error.exitCode === 0 ? 0 : FAULT;
  } else {
    terminal.note(
      `${pc.red("esteira: a defect of ours, please report it:")}\n${error instanceof Error ? error.stack : String(error)}`,
    );
    process.exitCode = DEFECT;
  }
}
