import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { DeclaredEnvironment } from "../mlproject/project.ts";
import { readYamlFile, unknownKey, type YamlValue } from "../mlproject/yaml-reader.ts";

/** What a Python environment is made of. */
export interface PythonEnv {
  /** As `python_env.yaml` says: "3.11" or "3.11.7"; undefined for any. */
  readonly python: string | undefined;
  /** Requirements as pip reads them, first those to build with. */
  readonly requirements: readonly string[];
}

/** Reads the file that the project declares; without one, an environment without packages. */
export async function readPythonEnv(
  folder: string,
  declared: DeclaredEnvironment,
): Promise<PythonEnv & { notes: readonly string[] }> {
  if (declared.kind !== "python" && declared.kind !== "conda")
    return { python: undefined, requirements: [], notes: [] };
  const file = join(folder, declared.file);
  const read = declared.kind === "python" ? readPython : readConda;
  const { value, notes } = readYamlFile(await readFile(file, "utf8"), file, read);
  return { ...value, notes };
}

function readPython(root: YamlValue): PythonEnv {
  const keys = ["python", "build_dependencies", "dependencies"];
  const fields = new Map<string, YamlValue>();
  for (const [name, value, key] of root.entries("the file")) {
    if (keys.includes(name)) fields.set(name, value);
    else unknownKey(key, name, "the file", keys);
  }
  const python = fields.get("python");
  const version = python?.text("python");
  if (python?.kind === "other") python.fault(`python is the number ${version} to YAML: write the version in quotes`);
  else if (version !== undefined && !/^\d+(\.\d+){0,2}$/.test(version))
    python?.fault(`python is '${version}': expected a version, as in "3.11"`);
  return {
    python: version,
    requirements: [...texts(fields.get("build_dependencies")), ...texts(fields.get("dependencies"))],
  };
}

function texts(list: YamlValue | undefined): readonly string[] {
  if (list === undefined || list.kind === "null") return [];
  if (list.items === undefined) list.fault("expected a list of requirements, each on a '- ' line");
  return (list.items ?? []).map((item) => item.text("a requirement") ?? "");
}

/** As MLflow makes a virtual environment of a `conda.yaml`: Python's version, pip itself and its packages; the rest is left out. */
function readConda(root: YamlValue): PythonEnv {
  let python: string | undefined;
  const requirements: string[] = [];
  const list = root.entries("the file").find(([name]) => name === "dependencies")?.[1];
  if (list !== undefined && list.kind !== "null" && list.items === undefined) list.fault("dependencies is no list");
  for (const item of list?.items ?? []) {
    if (item.kind === "mapping") {
      for (const [name, value, key] of item.entries("a dependency")) {
        if (name === "pip") requirements.push(...texts(value));
        else key.fault(`'${name}' is no dependency: expected pip with a list`);
      }
      continue;
    }
    const text = item.text("a dependency") ?? "";
    const [, name, operator = "", version = ""] =
      /^(python|pip|setuptools|wheel)(?:(<=|>=|==?|<|>|!=)([\d.*]+))?$/.exec(text.replace(/\s/g, "")) ?? [];
    if (name === undefined) item.note(`'${text}' is a package of conda, and is left out`);
    else if (name !== "python") requirements.unshift(`${name}${operator === "=" ? "==" : operator}${version}`);
    else if (["=", "==", "<=", ">="].includes(operator)) python = version.replace(/\.?\*$/, "");
    else item.fault(`'${text}' names no version of Python: expected python=3.11, for example`);
  }
  return { python, requirements };
}
