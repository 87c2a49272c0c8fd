import { existsSync } from "node:fs";
import { EsteiraError, invalid } from "@esteira/core/errors";
import type { ArtifactRemoval, Progress } from "@esteira/store/maintenance/gc/collect";
import type { Plan } from "@esteira/store/maintenance/gc/plan";
import type { Selection } from "@esteira/store/maintenance/gc/selection";
import pc from "picocolors";
import { backendStore, storeUri } from "../backend-store.ts";
import { type Command, type Terminal, text, type Values } from "../command.ts";

/** Exit code when something that should have gone is still there. */
const LEFT = 2;
const TITLES = { run: "Run", "logged model": "Logged model", experiment: "Experiment", files: "Files" } as const;

export const dbGc: Command = {
  name: "db gc",
  summary: "Remove what was deleted for good, with its artifacts, as `mlflow gc` does",
  options: [
    backendStore,
    {
      flags: "--artifacts-destination <uri>",
      summary:
        "where the servers keep what passes through them; also MLFLOW_ARTIFACTS_DESTINATION (default: ./mlartifacts)",
    },
    { flags: "--dry-run", summary: "list what would go, with sizes, and change nothing" },
    { flags: "--older-than <time>", summary: "only what was deleted so long ago, for example 30d or 1d2h3m4s" },
    { flags: "--run-ids <ids>", summary: "these deleted runs in place of all, separated by commas" },
    { flags: "--experiment-ids <ids>", summary: "these deleted experiments in place of all, with all that is in them" },
    { flags: "--logged-model-ids <ids>", summary: "these deleted logged models in place of all" },
    {
      flags: "--only-named",
      summary: "nothing but what the three options above name (without it, as in MLflow, the other kinds go too)",
    },
    { flags: "--with-registered", summary: "also what holds the files of registered versions, as in MLflow" },
    { flags: "--tracking-uri <uri>", summary: "accepted; artifacts are removed where they are kept" },
  ],
  async run(values, terminal) {
    const selection = await readSelection(values);
    const destination =
      text(values, "artifactsDestination") ?? terminal.env.MLFLOW_ARTIFACTS_DESTINATION ?? "./mlartifacts";
    const { artifactRemoval } = await import("../artifact-removal.ts");
    const { openForGc } = await import("@esteira/store/maintenance/gc/open");
    const { collect, condemned, resume } = await import("@esteira/store/maintenance/gc/collect");
    const { planGc } = await import("@esteira/store/maintenance/gc/plan");
    const artifacts = artifactRemoval(destination, terminal.env);
    const session = await openForGc(storeUri(values, terminal));
    try {
      const left = await condemned(session);
      const plan = await session.read((db) => planGc(db, selection, Date.now()));
      checkDestination(
        destination,
        [...left, ...everything(plan)].map(({ location }) => location),
      );
      if (values.dryRun === true) {
        await listPlan(plan, left, artifacts, terminal);
        return 0;
      }
      const { progress, faults } = told(terminal);
      await resume(session, artifacts, progress);
      const remaining = await collect(session, plan, artifacts, Date.now, progress);
      for (const { kind, id, reason } of plan.kept) terminal.note(`${TITLES[kind]} ${id} stays: ${reason}.`);
      if (remaining > 0) terminal.note(`Files of ${remaining} removed runs or models are left: run the command again.`);
      return remaining > 0 || faults() > 0 ? LEFT : 0;
    } finally {
      await session.close();
    }
  },
};

async function readSelection(values: Values): Promise<Selection> {
  const { parseAge } = await import("@esteira/store/maintenance/gc/selection");
  const age = text(values, "olderThan");
  const ids = (name: string): readonly string[] | undefined => {
    const list = text(values, name)
      ?.split(",")
      .map((id) => id.trim());
    if (list?.some((id) => id === ""))
      throw invalid(`--${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)} has an empty id.`);
    return list;
  };
  const selection: Selection = {
    olderThan: age === undefined ? undefined : { ms: parseAge(age), text: age },
    runIds: ids("runIds"),
    experimentIds: ids("experimentIds"),
    loggedModelIds: ids("loggedModelIds"),
    onlyNamed: values.onlyNamed === true,
    withRegistered: values.withRegistered === true,
  };
  if (selection.onlyNamed && !(selection.runIds ?? selection.experimentIds ?? selection.loggedModelIds)) {
    throw invalid("--only-named needs --run-ids, --experiment-ids or --logged-model-ids.");
  }
  return selection;
}

const everything = (plan: Plan) => [
  ...plan.runs,
  ...plan.loggedModels,
  ...plan.experiments.flatMap(({ members }) => members),
];

/** Started in the wrong folder, the command would find no file, and forget where they are. */
function checkDestination(destination: string, locations: readonly string[]): void {
  const isLocal = !/^[a-z][a-z0-9+.-]+:/i.test(destination);
  if (!isLocal || existsSync(destination) || !locations.some((at) => /^(mlflow-artifacts|https?):/i.test(at))) return;
  throw new EsteiraError(
    "INVALID_STATE",
    `There is no folder ${destination}, and what is to go has artifacts that servers keep: name their folder or bucket with --artifacts-destination.`,
  );
}

function told(terminal: Terminal): { readonly progress: Progress; readonly faults: () => number } {
  let faults = 0;
  const progress: Progress = {
    removed: ({ kind, id }) =>
      terminal.out(
        kind === "files"
          ? `Files of ${id} have been removed, which an earlier collection had left.`
          : `${TITLES[kind]} with ID ${id} has been permanently deleted.`,
      ),
    failed: (location, error) => {
      faults += 1;
      terminal.note(`${pc.yellow("!")} ${location}: ${error instanceof Error ? error.message : String(error)}`);
    },
    skipped: ({ kind, id }, reason) => {
      faults += 1;
      terminal.note(`${pc.yellow("!")} ${TITLES[kind]} ${id} stays: ${reason}.`);
    },
  };
  return { progress, faults: () => faults };
}

type Located = { readonly kind: string; readonly id: string; readonly location: string };

async function listPlan(plan: Plan, left: readonly Located[], artifacts: ArtifactRemoval, terminal: Terminal) {
  let total = 0;
  const list = async (
    doomed: Located & { readonly filesOf?: readonly string[] | undefined },
    note = "",
  ): Promise<void> => {
    const obstacle = artifacts.obstacle(doomed);
    if (obstacle !== undefined) return terminal.out(`${doomed.kind} ${doomed.id} would stay: ${obstacle}`);
    const kept = doomed.filesOf === undefined ? "" : `, files stay for ${doomed.filesOf.join(", ")}`;
    const { files, bytes } =
      doomed.filesOf === undefined && doomed.location !== ""
        ? await artifacts.size(doomed.location)
        : { files: 0, bytes: 0 };
    total += bytes;
    terminal.out(`${doomed.kind} ${doomed.id}  ${files} files, ${bytes} bytes  ${doomed.location}${note}${kept}`);
  };
  for (const doomed of left) await list(doomed, "  (left by an earlier collection)");
  for (const doomed of [...plan.runs, ...plan.loggedModels]) await list(doomed);
  for (const experiment of plan.experiments) {
    for (const member of experiment.members) await list(member, `  (with experiment ${experiment.id})`);
    terminal.out(`experiment ${experiment.id}  ${experiment.name}`);
  }
  for (const { kind, id, reason } of plan.kept) terminal.out(`${kind} ${id} stays: ${reason}`);
  const counts = `${plan.runs.length} runs, ${plan.loggedModels.length} logged models, ${plan.experiments.length} experiments`;
  terminal.out(`Would remove ${counts} and ${total} bytes of artifacts. Nothing was changed.`);
}
