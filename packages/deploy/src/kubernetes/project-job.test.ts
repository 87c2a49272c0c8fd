import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { projectFiles } from "../image/project-files.ts";
import { USUAL_LIMITS } from "./job.ts";
import { parseJobTemplate } from "./job-template.ts";
import { projectJob } from "./project-job.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "esteira-project-job-"));
  for (const name of ["src", ".git", "node_modules", "big"]) await mkdir(join(folder, name));
  await writeFile(join(folder, "src", "train.py"), "print()", { mode: 0o755 });
  await writeFile(join(folder, ".git", "HEAD"), "x");
  await writeFile(join(folder, "node_modules", "x.js"), "x");
  await symlink("src/train.py", join(folder, "again.py"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const job = async (more: object = {}) =>
  projectJob({
    ...{ project: "Pix fraud!", runId: "a".repeat(32), image: "registry.example/base:1" },
    ...{ files: await projectFiles(folder), script: "train $(whoami)", variables: { TOKEN: "s3cret" } },
    ...{ limits: { ...USUAL_LIMITS, retries: 2, timeoutSeconds: 1.5 }, ...more },
  });

it("takes the files of a project, and none of tools", async () => {
  const found = await projectFiles(folder);
  expect(found.map(({ path, isProgram }) => [path, isProgram])).toEqual([
    ["again.py", true],
    ["src/train.py", true],
  ]);
  await symlink("/etc/passwd", join(folder, "big", "away"));
  await expect(projectFiles(folder)).rejects.toThrow("'big/away' of the project is no file that an image could have");
  await rm(join(folder, "big", "away"));
});

it("makes a Job in which nothing that was given stands", async () => {
  const { name, spec, companions, container } = await job();
  expect(name).toMatch(/^pix-fraud-[0-9a-f]{8}$/);
  expect(container).toBe("pix-fraud");
  expect(spec).toMatchObject({ backoffLimit: 2, activeDeadlineSeconds: 2, ttlSecondsAfterFinished: 600 });
  expect(JSON.stringify(spec)).not.toMatch(/whoami|s3cret/);
  expect(companions).toMatchObject([
    { kind: "Secret", fields: { stringData: { TOKEN: "s3cret", ESTEIRA_COMMAND: "train $(whoami)" } } },
    { kind: "ConfigMap", fields: { binaryData: { f1: Buffer.from("print()").toString("base64") } } },
  ]);
});

it("says which files are too many for a cluster without a registry", async () => {
  await writeFile(join(folder, "big", "rows.csv"), Buffer.alloc(1_000_001));
  await expect(job()).rejects.toThrow(/files are 10000\d\d bytes, and a cluster takes 1000000 without a registry/);
  await rm(join(folder, "big", "rows.csv"));
});

it("fills in a template as MLflow does, and keeps what it says", async () => {
  const template = parseJobTemplate(
    `apiVersion: batch/v1
kind: Job
metadata: { name: "{replaced}", namespace: ml }
spec:
  ttlSecondsAfterFinished: 100
  backoffLimit: 0
  template:
    spec:
      serviceAccountName: trainer
      containers:
        - { name: "{replaced}", image: "{replaced}", command: ["{replaced}"], env: [{ name: A, value: b }] }
        - { name: beside, image: "beside:1" }
      restartPolicy: Never
`,
    "job.yaml",
  );
  const { spec } = await job({ template });
  expect(spec).toMatchObject({
    ...{ ttlSecondsAfterFinished: 100, backoffLimit: 2 },
    template: {
      spec: {
        serviceAccountName: "trainer",
        containers: [
          { name: "pix-fraud", image: "registry.example/base:1", env: [{ name: "A", value: "b" }] },
          { name: "beside", image: "beside:1" },
        ],
      },
    },
  });
  expect(() => parseJobTemplate("kind: Pod\napiVersion: v1\n", "pod.yaml")).toThrow(
    /The Job template pod.yaml is no Job of batch\/v1: apiVersion/,
  );
});
