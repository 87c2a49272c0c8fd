import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { notFound } from "@esteira/core/errors";
import { type PythonEnvironment, pythonEnvironment } from "@esteira/deploy/image/python-environment";
import { startPython } from "@esteira/models/engines/python/python-process";
import { cacheFolder } from "../cache-folder.ts";
import type { Terminal } from "../command.ts";

/**
 * The Python that scores a model in an image, checked: it has loaded the model here.
 *
 * @throws EsteiraError RESOURCE_DOES_NOT_EXIST where nobody says what the model needs, and as `pythonEnvironment` and `startPython`.
 */
export async function modelPython(
  folder: string,
  { command, requirements }: { readonly command: string; readonly requirements: string | undefined },
  terminal: Terminal,
): Promise<PythonEnvironment> {
  const file = requirements ?? join(folder, "requirements.txt");
  const text = await readFile(file, "utf8").catch(() => {
    throw notFound(`What the model needs of Python is not said: there is no ${file}. Give a list with --requirements.`);
  });
  const environment = await pythonEnvironment({
    python: command,
    // A list that somebody gave is taken word by word.
    requirements: requirements === undefined ? servingRequirements(text) : linesOf(text),
    cache: cacheFolder(terminal.env, "python"),
    note: terminal.note,
  });
  const python = await startPython({
    folder,
    python: join(environment.folder, "python", "bin", "python3"),
    env: { PYTHONPATH: join(environment.folder, "packages"), PYTHONNOUSERSITE: "1", PYTHONHOME: "" },
    onPrint: (line) => terminal.note(`python: ${line}`),
  });
  await python.stop();
  return environment;
}

const linesOf = (text: string): readonly string[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));

const NAME = /^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?/;

/**
 * What scores needs of what a training wrote down: MLflow without its server, pages and plots (the same code, as `mlflow-skinny`), which asks for
 * NumPy and pandas by itself.
 */
export function servingRequirements(text: string): readonly string[] {
  const lines = linesOf(text).map((line) => line.replace(/^mlflow(?=\s*(?:[=<>!~;]|$))/i, "mlflow-skinny"));
  const names = new Set(lines.map((line) => NAME.exec(line)?.[1]?.toLowerCase()));
  return [...lines, ...["numpy<3", "pandas<3"].filter((one) => !names.has(one.slice(0, -2)))];
}
