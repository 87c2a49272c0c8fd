import { parseTemplate } from "../command/template.ts";
import { nearest, suggestion } from "../nearest.ts";
import { checkSteps, namesOf, type ReadStep, readSteps } from "./parse-steps.ts";
import {
  type DeclaredEnvironment,
  type EntryPoint,
  PARAMETER_TYPES,
  type Parameter,
  type ParameterType,
  type Project,
} from "./project.ts";
import { readYamlFile, unknownKey, type YamlValue } from "./yaml-reader.ts";

const ENVIRONMENTS = ["python_env", "conda_env", "docker_env", "node_env"] as const;
const KEYS = ["name", ...ENVIRONMENTS, "entry_points", "databricks_spark_job"];

/**
 * Reads an `MLproject` file as MLflow does, and refuses what MLflow would stumble over later. Faults come all at once with
 * their places, as one INVALID_PARAMETER_VALUE.
 *
 * @param file its path, which messages use.
 */
export function parseProject(content: string, file: string): Project {
  const { value, notes } = readYamlFile(content, file, (root) => {
    const fields = new Map<string, { readonly value: YamlValue; readonly key: YamlValue }>();
    if (root.kind === "null") root.fault("the file is empty: expected at least entry_points, each with its command");
    for (const [name, value, key] of root.entries("the file")) {
      if (KEYS.includes(name)) fields.set(name, { value, key });
      else unknownKey(key, name, "the file", KEYS);
    }
    fields
      .get("databricks_spark_job")
      ?.key.fault("databricks_spark_job runs on Databricks only, which is no backend here: use entry_points");
    const declared = ENVIRONMENTS.flatMap((kind) => {
      const field = fields.get(kind);
      return field === undefined ? [] : [{ kind, ...field }];
    });
    const [, second] = declared;
    second?.key.fault(`the project has ${declared.map(({ kind }) => kind).join(" and ")}: keep one of them`);
    return {
      name: fields.get("name")?.value.text("name"),
      environment: declared[0] === undefined ? ({ kind: "none" } as const) : readEnvironment(declared[0]),
      entryPoints: readEntryPoints(fields.get("entry_points")?.value),
    };
  });
  return { ...value, file, notes };
}

function readEnvironment({
  kind,
  value,
}: {
  kind: (typeof ENVIRONMENTS)[number];
  value: YamlValue;
}): DeclaredEnvironment {
  if (kind === "docker_env") return readDocker(value);
  if (kind === "node_env") return readNode(value);
  const file = value.text(kind);
  // As in MLflow, an empty one is none.
  if (file === undefined || file === "") return { kind: "none" };
  return { kind: kind === "python_env" ? "python" : "conda", file };
}

function readDocker(value: YamlValue): DeclaredEnvironment {
  const fields = new Map(value.entries("docker_env").map(([name, field]) => [name, field]));
  const image = fields.get("image")?.text("docker_env.image");
  if (image === undefined || image === "") value.fault("docker_env has no image: name the image to start from");
  return {
    kind: "docker",
    image: image ?? "",
    volumes: listOf(fields.get("volumes"), "docker_env.volumes", (item) => item.text("a volume") ?? ""),
    variables: listOf(fields.get("environment"), "docker_env.environment", (item) => {
      if (item.items === undefined) return item.text("a variable") ?? "";
      const [name, text, ...more] = item.items.map((part) => part.text("a variable") ?? "");
      if (name === undefined || text === undefined || more.length > 0)
        item.fault("a new variable of docker_env is a pair: [NAME, value]");
      return [name ?? "", text ?? ""] as const;
    }),
  };
}

function listOf<T>(value: YamlValue | undefined, what: string, read: (item: YamlValue) => T): readonly T[] {
  if (value === undefined || value.kind === "null") return [];
  if (value.items === undefined) value.fault(`${what} is no list: expected '- item' lines`);
  return (value.items ?? []).map(read);
}

function readNode(value: YamlValue): DeclaredEnvironment {
  let version: string | undefined;
  let lockfile: string | undefined;
  for (const [name, field, key] of value.entries("node_env")) {
    const text = field.text(`node_env.${name}`);
    if (name === "node") {
      version = text;
      if (text !== undefined && !/^\d+(\.\d+){0,2}$/.test(text))
        field.fault(`node_env.node is '${text}': expected the first parts of a version, as in "20" or "20.19"`);
    } else if (name === "lockfile") lockfile = text;
    else key.fault(`node_env has no key '${name}'; it has node and lockfile`);
  }
  return { kind: "node", version, lockfile };
}

const ENTRY_KEYS = ["parameters", "command", "outputs", "cached", "steps"];

function readEntryPoints(value: YamlValue | undefined): ReadonlyMap<string, EntryPoint> {
  const points = new Map<string, EntryPoint>();
  const steps = new Map<string, readonly ReadStep[]>();
  for (const [name, field, key] of value?.entries("entry_points") ?? []) {
    const what = `entry point '${name}'`;
    const parts = new Map<string, YamlValue>();
    for (const [part, partValue, partKey] of field.entries(what)) {
      if (ENTRY_KEYS.includes(part)) parts.set(part, partValue);
      else unknownKey(partKey, part, what, ENTRY_KEYS);
    }
    const declared = parts.get("parameters");
    const parameters = declared === undefined ? [] : readParameters(declared, what);
    const read = readSteps(parts.get("steps"), what);
    const command = parts.get("command");
    const text = command?.text(`the command of ${what}`);
    if (text === undefined || text.trim() === "") {
      if (read.length === 0) (command ?? key).fault(`${what} has no command`);
    } else if (command !== undefined) checkCommand(command, text, what, parameters);
    const outputs = parts.get("outputs");
    if (read.length > 0) outputs?.fault(`${what} has steps, and outputs are what a step leaves: declare them there`);
    points.set(name, {
      name,
      parameters,
      command: text ?? "",
      outputs: outputs === undefined ? [] : readOutputs(outputs, what),
      cached: readCached(parts.get("cached"), what),
      steps: read.map(({ step }) => step),
    });
    steps.set(name, read);
  }
  for (const [name, read] of steps) {
    const entry = points.get(name);
    if (entry !== undefined) checkSteps(entry, read, points);
  }
  return points;
}

function readOutputs(value: YamlValue, what: string): readonly string[] {
  const outputs = namesOf(value, `outputs of ${what}`);
  for (const path of outputs)
    if (!/^[\w.-]+(?:\/[\w.-]+)*$/.test(path) || path.split("/").some((part) => /^\.+$/.test(part)))
      value.fault(
        `the output '${path}' of ${what} is no path among its run's artifacts: expected names with '/' between`,
      );
  return outputs;
}

function readCached(value: YamlValue | undefined, what: string): boolean {
  const text = value?.text(`cached of ${what}`);
  if (text !== undefined && text !== "True" && text !== "False")
    value?.fault(`cached of ${what} is '${text}': expected true or false`);
  return text !== "False";
}

function checkCommand(value: YamlValue, text: string, what: string, parameters: readonly Parameter[]): void {
  const segments = parseTemplate(text);
  if ("fault" in segments) {
    value.fault(`the command of ${what} ${segments.fault}`);
    return;
  }
  const names = parameters.map(({ name }) => name);
  for (const segment of segments) {
    if (segment.kind === "text" || names.includes(segment.name)) continue;
    value.fault(
      `the command of ${what} uses {${segment.name}}, which is no parameter of it${suggestion(segment.name, names) || ` (a variable of the shell is written \${{${segment.name}}})`}`,
    );
  }
}

function readParameters(value: YamlValue, what: string): readonly Parameter[] {
  return value.entries(`parameters of ${what}`).map(([name, field]) => {
    const parameter = `parameter '${name}' of ${what}`;
    if (field.kind === "text") return { name, type: typeOf(field, parameter), default: undefined };
    if (field.kind !== "mapping") {
      field.fault(`${parameter} is no parameter: expected a type, or {type: ..., default: ...}`);
      return { name, type: "string", default: undefined };
    }
    let type: ParameterType = "string";
    let fallback: string | undefined;
    for (const [part, partValue, partKey] of field.entries(parameter)) {
      if (part === "type") type = typeOf(partValue, parameter);
      else if (part === "default") fallback = partValue.text(`the default of ${parameter}`);
      else unknownKey(partKey, part, parameter, ["type", "default"]);
    }
    return { name, type, default: fallback };
  });
}

/** MLflow takes a type that it does not know for a string; so does this, unless it is a slip. */
function typeOf(value: YamlValue, parameter: string): ParameterType {
  const text = value.text(`the type of ${parameter}`) ?? "string";
  const known = PARAMETER_TYPES.find((type) => type === text);
  if (known !== undefined) return known;
  const meant = nearest(text, PARAMETER_TYPES);
  if (meant === undefined) value.note(`${parameter} has the type '${text}', which counts as a string`);
  else value.fault(`${parameter} has the type '${text}'; did you mean '${meant}'?`);
  return "string";
}
