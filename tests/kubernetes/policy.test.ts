import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type Batch, batchJob, batchSchedule } from "@esteira/deploy/kubernetes/batch";
import { exported } from "@esteira/deploy/kubernetes/exports";
import { USUAL_LIMITS } from "@esteira/deploy/kubernetes/job";
import { manifests } from "@esteira/deploy/kubernetes/manifests";
import { projectJob } from "@esteira/deploy/kubernetes/project-job";
import type { Revision } from "@esteira/deploy/kubernetes/revision";
import { mergeSettings, type Settings } from "@esteira/deploy/kubernetes/settings";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { z } from "zod";
import { run } from "./run.ts";

const SCRIPT = fileURLToPath(new URL("../tools/kube-score.sh", import.meta.url));
const judge = await run("sh", [SCRIPT, "--check"]).catch((error: Error) => error);
if (judge instanceof Error) console.info(`skipped: no linter of policies: ${judge.message}`);
const program = judge instanceof Error ? "" : judge.trim();

const image = (name: string) => `registry.example/${name}@sha256:${"a".repeat(64)}`;

/** Where kube-score wants something else than what is right here, and why. */
const OTHERWISE: Readonly<Record<string, string>> = {
  "container-image-pull-policy": "an image by digest is the same whenever it is pulled",
  "container-ephemeral-storage-request-and-limit":
    "the root is read only, and what may be written to is a volume with a limit of its own",
  "deployment-has-host-podantiaffinity": "topology spread constraints spread pods over nodes and zones",
  "deployment-replicas": "a canary of few percent may be one pod, and one pod is what somebody has asked for",
  "pod-probes": "a Job answers nobody",
  "pod-networkpolicy": "of Jobs: only who runs them knows where their data is",
};
/** Those that a served model is not excused from. */
const OF_JOBS = ["pod-probes", "pod-networkpolicy"];

const scoreWire = z.array(
  z.object({
    object_name: z.string(),
    checks: z.array(
      z.object({
        check: z.object({ id: z.string() }),
        grade: z.number(),
        skipped: z.boolean(),
        comments: z.array(z.object({ path: z.string(), summary: z.string() })).nullable(),
      }),
    ),
  }),
);
const FINE = 10;

/** What kube-score has against objects, `OBJECT: CHECK: why` each. */
async function findings(yaml: string, excused: readonly string[]): Promise<readonly string[]> {
  // No limit of CPU: it would stop a pod within each tenth of a second even where the node is idle.
  const args = ["score", "--kubernetes-version", "v1.34", "--ignore-container-cpu-limit", "-o", "json", "-"];
  const text = await new Promise<string>((done, fail) => {
    const child = execFile(program, args, { maxBuffer: 32 * 1024 * 1024 }, (error, stdout) => {
      // It ends with 1 where it has found something.
      if (error === null || error.code === 1) done(stdout);
      else fail(error);
    });
    child.stdin?.end(yaml);
  });
  return scoreWire
    .parse(JSON.parse(text))
    .flatMap(({ object_name, checks }) =>
      checks
        .filter(({ check, grade, skipped }) => !skipped && grade < FINE && !excused.includes(check.id))
        .map(
          ({ check, comments }) =>
            `${object_name}: ${check.id}: ${comments?.map(({ path, summary }) => `${path} ${summary}`)}`,
        ),
    );
}

const revision = (settings: Partial<Settings>, more: object = {}): Revision => ({
  wanted: { name: "pix", model: "models:/pix/1", image: image("pix"), ...more },
  settings: mergeSettings(undefined, settings),
});
const yamlOf = (one: Revision): string => {
  const drawn = manifests(one, "fraud", { generation: 1 });
  return exported("yaml", one, drawn)
    .map(({ text }) => text)
    .join("---\n");
};

describe.skipIf(program === "")("objects that a cluster is given, by the word of an independent linter", () => {
  it.each([
    ["as they are by themselves", revision({})],
    [
      "with all options",
      revision(
        {
          ...{ replicas: 2, maxReplicas: 5, requestsTarget: 100, env: { NOTE: "{{ x }}" }, egress: true },
          ...{ secrets: { SEAL: { secret: "seal", key: "key" } }, pullSecrets: ["registry"] },
          ...{ host: "pix.example.com", tlsSecret: "pix-tls", ingressClass: "nginx" },
        },
        { canary: { model: "models:/pix/9", share: 0.25, image: image("pix-9") }, port: 8080 },
      ),
    ],
    ["behind a Gateway", revision({ host: "pix.example.com", gateway: "front" })],
    ["one pod", revision({ replicas: 1 })],
  ])("deployments %s", async (_, one) => {
    const excused = Object.keys(OTHERWISE).filter((id) => !OF_JOBS.includes(id));
    expect(await findings(yamlOf(one), excused)).toEqual([]);
  });

  it("batches and projects", async () => {
    const batch: Batch = {
      ...{
        name: "nightly",
        model: "models:/pix/1",
        image: image("pix"),
        volume: "rows",
        keep: ["id"],
        env: { A: "b" },
      },
      ...{ input: "/data/{date}.csv", output: "/data/out.csv", secrets: { T: { secret: "s", key: "k" } } },
      limits: { ...USUAL_LIMITS, timeoutSeconds: 60, pullSecrets: ["registry"] },
    };
    const schedule = { schedule: "0 3 * * *", timeZone: "America/Sao_Paulo", isSuspended: false };
    const project = await projectJob({
      ...{ project: "fraud", runId: "a".repeat(32), image: image("base"), files: [], script: "x", variables: {} },
      limits: USUAL_LIMITS,
    });
    const job = ({ name, labels, annotations, spec }: Omit<typeof project, "companions">) => ({
      ...{ apiVersion: "batch/v1", kind: "Job", metadata: { name, namespace: "fraud", labels, annotations }, spec },
    });
    const objects = [job(batchJob(batch)), batchSchedule(batch, schedule, "fraud"), job(project)];
    const yaml = objects.map((one) => stringify(one, { aliasDuplicateObjects: false })).join("---\n");
    expect(await findings(yaml, Object.keys(OTHERWISE))).toEqual([]);
  });

  it("would say what is wrong with others", async () => {
    const open = yamlOf(revision({})).replaceAll("readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false");
    expect((await findings(open, Object.keys(OTHERWISE))).join()).toContain(
      "container-security-context-readonlyrootfilesystem",
    );
    const unwatched = yamlOf(revision({})).replace(/kind: PodDisruptionBudget/, "kind: Absent");
    expect((await findings(unwatched, Object.keys(OTHERWISE))).join()).toContain("deployment-has-poddisruptionbudget");
  });
});
