import { invalid, notFound } from "@esteira/core/errors";
import type { Batch, BatchStatus } from "@esteira/deploy/kubernetes/batch";
import type { Cluster } from "@esteira/deploy/kubernetes/cluster";
import pc from "picocolors";
import { type Command, type CommandOption, listed, type Terminal, text, texts, type Values } from "../command.ts";
import { CLUSTER_OPTIONS, settingsOf, withNamespace } from "../kubernetes-options.ts";
import { imageTrust, TRUST_OPTIONS, versionImage } from "../version-image.ts";

const NAME = { flags: "-n, --name <name>", summary: "of the batch", required: true } as const;
const URI = [{ name: "uri", summary: "models:/NAME/VERSION, or models:/NAME@ALIAS (the version of now)" }] as const;

const BATCH_OPTIONS: readonly CommandOption[] = [
  {
    flags: "-i, --input-path <place>",
    summary: "rows: /data/… of the volume, http(s)://…, or runs:/RUN/PATH; {date} is the day",
    required: true,
  },
  {
    flags: "-o, --output-path <place>",
    summary: "where the answers go, likewise; .csv, .jsonl or .parquet",
    required: true,
  },
  { flags: "--keep <columns>", summary: "columns of the input to write before the answers, with commas between" },
  { flags: "--volume <claim>", summary: "a PersistentVolumeClaim of the cluster, seen at /data" },
  {
    flags: "--image <reference>",
    summary: "with the model in it (default: the one that esteira build has made of the version)",
  },
  { flags: "--timezone <zone>", summary: "of {date} and of the schedule, such as America/Sao_Paulo", default: "UTC" },
  { flags: "--cpu <amount>", summary: "what its pod reserves, as in 500m (default) or 2" },
  { flags: "--memory <amount>", summary: "what its pod reserves, and gets at the most (default: 1Gi)" },
  { flags: "--env <name=value>", summary: "a variable; may be repeated", repeats: true },
  {
    flags: "--secret <name=secret/key>",
    summary: "a variable from a Secret of the cluster; may be repeated",
    repeats: true,
  },
  { flags: "--pull-secrets <names>", summary: "Secrets for the image's registry, with commas between" },
  { flags: "--retries <count>", summary: "attempts after a failed one", default: "2" },
  { flags: "--timeout <seconds>", summary: "for all of it; without, as long as it likes" },
  ...TRUST_OPTIONS,
  ...CLUSTER_OPTIONS,
];

/** Files that a version scores on a cluster: once, or by the clock. */
export const batch: readonly Command[] = [
  {
    name: "batch run",
    summary: "Score a file on a cluster with a version's image, now, and follow it",
    arguments: [...URI],
    options: [NAME, ...BATCH_OPTIONS],
    run: (values, terminal) =>
      withNamespace(values, terminal, async (cluster) => {
        const [{ batchJob }, { startJob }, { endText }] = await Promise.all([
          import("@esteira/deploy/kubernetes/batch"),
          import("@esteira/deploy/kubernetes/run-job"),
          import("@esteira/deploy/kubernetes/job-pods"),
        ]);
        const job = batchJob(await batchOf(values, terminal), text(values, "timezone"));
        let isStopped = false;
        const run = await startJob(cluster, {
          ...job,
          onOutput: (chunk) => void process.stderr.write(chunk),
          onRetry: async (reason) => terminal.note(`${reason} Trying again.`),
          note: (line) => terminal.note(pc.dim(line)),
        });
        terminal.note(pc.dim(`Job ${run.name} in ${cluster.namespace}`));
        void terminal.interrupted().then(() => {
          isStopped = true;
          run.cancel();
          void terminal.interrupted().then(run.kill);
        });
        const outcome = await run.wait();
        if (outcome.kind === "ended" && outcome.ended.code === 0) {
          terminal.out(`${text(values, "outputPath")} is written.`);
          return 0;
        }
        const why = outcome.kind === "failed" ? outcome.reason : endText(outcome.ended);
        terminal.note(`${pc.red("esteira:")} ${why}`);
        return isStopped ? INTERRUPTED : 1;
      }),
  },
  {
    name: "batch schedule",
    summary: "Let a cluster score a file by the clock with a version's image",
    arguments: [...URI],
    options: [
      NAME,
      { flags: "--schedule <cron>", summary: 'five fields, such as "0 3 * * *"', required: true },
      { flags: "--suspend", summary: "run nothing until it is scheduled without this again" },
      ...BATCH_OPTIONS,
      { flags: "--force-conflicts", summary: "take fields that somebody else has set on the cluster" },
      { flags: "--dry-run", summary: "say what would change, by the cluster's own word, and change nothing" },
    ],
    run: (values, terminal) =>
      withNamespace(values, terminal, async (cluster) => {
        const { batchSchedule, planSchedule } = await import("@esteira/deploy/kubernetes/batch");
        const schedule = {
          schedule: text(values, "schedule") ?? "",
          timeZone: text(values, "timezone") ?? "UTC",
          isSuspended: values.suspend === true,
        };
        const object = batchSchedule(await batchOf(values, terminal), schedule, cluster.namespace);
        const force = values.forceConflicts === true;
        const changes = await planSchedule(cluster, object, force);
        if (values.dryRun !== true && changes.length > 0) await cluster.apply(object, { force });
        terminal.out(changes.length === 0 ? "Nothing to do." : changes.join("\n"));
        return 0;
      }),
  },
  {
    name: "batch status",
    summary:
      "Say what is scheduled on a cluster, and how its last runs went; ends with code 1 where the last one failed",
    options: [{ flags: "-n, --name <name>", summary: "of one batch (default: all)" }, ...CLUSTER_OPTIONS],
    run: (values, terminal) =>
      withNamespace(values, terminal, async (cluster) => {
        const { listSchedules } = await import("@esteira/deploy/kubernetes/batch");
        const name = text(values, "name");
        const found = (await listSchedules(cluster)).filter((one) => name === undefined || one.name === name);
        if (name !== undefined && found.length === 0) throw absent(name, cluster);
        for (const one of found) terminal.out(shown(one));
        return found.some(({ runs }) => runs.find(({ state }) => state !== "running")?.state === "failed") ? 1 : 0;
      }),
  },
  {
    name: "batch remove",
    summary: "End a schedule, and what of it is at work",
    options: [NAME, ...CLUSTER_OPTIONS],
    run: (values, terminal) =>
      withNamespace(values, terminal, async (cluster) => {
        const name = text(values, "name") ?? "";
        const was = await cluster.remove("CronJob", name);
        terminal.out(
          was ? `${pc.bold(name)} is not scheduled any more.` : `No batch of the name ${name} is scheduled.`,
        );
        return 0;
      }),
  },
];

/** Stopped by Ctrl-C, as a shell tells it. */
const INTERRUPTED = 130;

const absent = (name: string, { namespace }: Cluster) =>
  notFound(`No batch of the name ${name} is scheduled in ${namespace}.`);

async function batchOf(values: Values, terminal: Terminal): Promise<Batch> {
  const { USUAL_LIMITS } = await import("@esteira/deploy/kubernetes/job");
  const { model, image } = await versionImage(
    text(values, "uri") ?? "",
    text(values, "image"),
    imageTrust(values),
    terminal,
  );
  if (image === undefined)
    throw invalid(
      `No image is known of ${model}: build one first (esteira build -m ${model} -t REF), or name it with --image.`,
    );
  const settings = settingsOf({
    ...{ cpu: values.cpu, memory: values.memory, env: texts(values, "env"), secret: texts(values, "secret") },
  });
  return {
    ...{ name: text(values, "name") ?? "", model, image, volume: text(values, "volume") },
    ...{ input: text(values, "inputPath") ?? "", output: text(values, "outputPath") ?? "" },
    keep: listed(text(values, "keep")),
    ...{ env: settings.env ?? {}, secrets: settings.secrets ?? {} },
    limits: {
      cpu: settings.cpu ?? USUAL_LIMITS.cpu,
      memory: settings.memory ?? USUAL_LIMITS.memory,
      retries: wholeOf(values, "retries") ?? 0,
      timeoutSeconds: wholeOf(values, "timeout"),
      keepSeconds: USUAL_LIMITS.keepSeconds,
      pullSecrets: listed(text(values, "pullSecrets")),
    },
  };
}

function wholeOf(values: Values, name: string): number | undefined {
  const value = text(values, name);
  if (value === undefined) return undefined;
  if (/^\d{1,7}$/.test(value)) return Number(value);
  throw invalid(`--${name} is '${value}': expected a whole number.`);
}

function shown({ name, model, schedule, timeZone, isSuspended, lastSuccess, runs }: BatchStatus): string {
  const head = `${pc.bold(name)}: ${model}, "${schedule}" in ${timeZone}${isSuspended ? ", suspended" : ""}; last success: ${lastSuccess ?? "none"}`;
  const lines = runs.map(
    ({ job, began, state, why }) => `  ${began}  ${state}  ${job}${why === undefined ? "" : `: ${why}`}`,
  );
  return [head, ...lines].join("\n");
}
