import type { Command } from "./command.ts";
import { holdYoungSpace } from "./serving/young-space.ts";

interface Module {
  /** What its commands begin with. */
  readonly words: readonly string[];
  /** What this process must do before it is loaded, where it is the only one that is meant. */
  readonly before?: () => void;
  readonly load: () => Promise<readonly Command[]>;
}

/** Every command there is, in the order of the help. A module is loaded for its own commands only: a server starts without the rest. */
const MODULES: readonly Module[] = [
  { words: ["server"], load: async () => [(await import("./commands/server.ts")).server] },
  { words: ["run"], load: async () => [(await import("./commands/run.ts")).run] },
  { words: ["sweep"], load: async () => [(await import("./commands/sweep.ts")).sweep] },
  { words: ["diff"], load: async () => [(await import("./commands/diff.ts")).diff] },
  { words: ["reproduce"], load: async () => [(await import("./commands/reproduce.ts")).reproduce] },
  {
    words: ["reproduce verify"],
    load: async () => [(await import("./commands/reproduce-verify.ts")).reproduceVerify],
  },
  {
    words: ["models serve"],
    before: holdYoungSpace,
    load: async () => [(await import("./commands/models-serve.ts")).modelsServe],
  },
  { words: ["models route"], load: async () => [(await import("./commands/models-route.ts")).modelsRoute] },
  { words: ["models predict"], load: async () => [(await import("./commands/models-predict.ts")).modelsPredict] },
  { words: ["models verify"], load: async () => [(await import("./commands/models-verify.ts")).modelsVerify] },
  { words: ["models card"], load: async () => [(await import("./commands/models-card.ts")).modelsCard] },
  { words: ["decision"], load: async () => (await import("./commands/decision.ts")).decision },
  { words: ["monitor"], load: async () => (await import("./commands/monitor.ts")).monitor },
  { words: ["gate"], load: async () => [(await import("./commands/gate.ts")).gate] },
  { words: ["users"], load: async () => (await import("./commands/users.ts")).users },
  { words: ["tokens"], load: async () => (await import("./commands/tokens.ts")).tokens },
  {
    words: ["register", "promote", "rollback"],
    load: async () => (await import("./commands/promotion.ts")).promotion,
  },
  { words: ["build"], load: async () => [(await import("./commands/build.ts")).build] },
  { words: ["image"], load: async () => (await import("./commands/image.ts")).image },
  {
    words: ["image sign", "image verify"],
    load: async () => (await import("./commands/image-signing.ts")).imageSigning,
  },
  { words: ["deploy"], load: async () => (await import("./commands/deploy.ts")).deploy },
  { words: ["deployments"], load: async () => (await import("./commands/deployments.ts")).deployments },
  { words: ["sagemaker"], load: async () => (await import("./commands/sagemaker.ts")).sagemaker },
  { words: ["batch"], load: async () => (await import("./commands/batch.ts")).batch },
  { words: ["ci"], load: async () => (await import("./commands/ci.ts")).ci },
  { words: ["ci relay"], load: async () => [(await import("./commands/ci-relay.ts")).ciRelay] },
  { words: ["plan", "apply"], load: async () => (await import("./commands/desired.ts")).desired },
  { words: ["trust"], load: async () => (await import("./commands/trust.ts")).trust },
  { words: ["audit"], load: async () => (await import("./commands/audit.ts")).audit },
  { words: ["policy", "evidence", "approve"], load: async () => (await import("./commands/policy.ts")).policy },
  { words: ["flow"], load: async () => (await import("./commands/flow.ts")).flow },
  { words: ["openapi"], load: async () => [(await import("./commands/openapi.ts")).openapi] },
  { words: ["db check"], load: async () => [(await import("./commands/db-check.ts")).dbCheck] },
  { words: ["db backup"], load: async () => [(await import("./commands/db-backup.ts")).dbBackup] },
  { words: ["db gc"], load: async () => [(await import("./commands/db-gc.ts")).dbGc] },
  { words: ["db upgrade"], load: async () => [(await import("./commands/db-upgrade.ts")).dbUpgrade] },
  { words: ["doctor"], load: async () => [(await import("./commands/doctor.ts")).doctor] },
];

/**
 * The commands that a command line may mean: those whose words it begins with, or which begin with its own (`models --help`
 * means all of `models`). All of them where it means none, for the help and for what it says of a word that it does not know.
 */
export async function commandsFor(args: readonly string[]): Promise<readonly Command[]> {
  const option = args.findIndex((arg) => arg.startsWith("-"));
  const given = option < 0 ? args : args.slice(0, option);
  const meant = given.length === 0 ? [] : MODULES.filter(({ words }) => words.some((phrase) => agrees(phrase, given)));
  if (meant.length === 1) meant[0]?.before?.();
  const loaded = await Promise.all((meant.length === 0 ? MODULES : meant).map(({ load }) => load()));
  return loaded.flat();
}

/** Whether the words agree as far as both go. */
const agrees = (phrase: string, given: readonly string[]): boolean =>
  phrase.split(" ").every((word, at) => given[at] === undefined || given[at] === word);
