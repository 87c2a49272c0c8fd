import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { findEntryPoint } from "./entry-point.ts";
import { loadProject } from "./load-project.ts";

async function folderOf(files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "esteira-project-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

it("finds the file in any case, and the environment that is not declared", async () => {
  const folder = await folderOf({
    mlproject: "entry_points: {main: {command: x}}",
    "conda.yaml": "",
    "python_env.yaml": "",
  });
  const project = await loadProject(folder);
  expect([...project.entryPoints.keys()]).toEqual(["main"]);
  expect(project.environment).toEqual({ kind: "python", file: "python_env.yaml" });
});

it("runs scripts of a folder without a project file", async () => {
  const folder = await folderOf({ "a b.py": "", "{x}.sh": "", "train.R": "", "a'b.R": "" });
  const project = await loadProject(folder);
  expect(project.environment).toEqual({ kind: "none" });
  expect(findEntryPoint(project, folder, "a b.py").command).toBe("python 'a b.py'");
  expect(findEntryPoint(project, folder, "{x}.sh", "/bin/zsh").command).toBe("/bin/zsh '{{x}}.sh'");
  // MLflow's own words for it, to the letter.
  expect(findEntryPoint(project, folder, "train.R").command).toBe(
    `Rscript -e "mlflow::mlflow_source('train.R')" --args`,
  );
  expect(() => findEntryPoint(project, folder, "a'b.R")).toThrow("has a name that cannot stand in a call of R");
  expect(() => findEntryPoint(project, folder, "c.py")).toThrow(
    `${folder} has neither an entry point nor a file 'c.py'`,
  );
  expect(() => findEntryPoint(project, folder, "main")).toThrow(
    `There is no MLproject file in ${folder}, and so no entry point 'main'`,
  );
});

it("names the entry point that was meant, and what is missing", async () => {
  const folder = await folderOf({
    MLproject: "conda_env: env.yaml\nentry_points: {train: {command: x}, test: {command: x}}",
  });
  await expect(loadProject(folder)).rejects.toThrow("names the file 'env.yaml' for its environment, and there is none");
  await writeFile(join(folder, "env.yaml"), "");
  const project = await loadProject(folder);
  expect(() => findEntryPoint(project, folder, "tarin")).toThrow(
    "(it has train, test; a script ending in .py, .sh or .R can be run too); did you mean 'train'?",
  );
  await expect(loadProject(join(folder, "no"))).rejects.toThrow("There is no folder");
});

it("refuses a file that is no text", async () => {
  const folder = await folderOf({});
  await writeFile(join(folder, "MLproject"), Buffer.from([0xff, 0xfe, 0x00]));
  await expect(loadProject(folder)).rejects.toThrow("cannot be read as text");
});
