import { expect, it } from "vitest";
import { parseProject } from "./parse-project.ts";

const faultsOf = (content: string): string => {
  try {
    parseProject(content, "MLproject");
    return "none";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

it("reads what MLflow's documentation shows", () => {
  const project = parseProject(
    `name: My Project
python_env: python_env.yaml
entry_points:
  main:
    parameters:
      data_file: path
      regularization: {type: float, default: 0.10}
      url: {type: uri, default: "http://x/y"}
      note: {default: yes}
    command: "python train.py -r {regularization} {data_file} {url} {note}"
  validate:
    command: >
      python validate.py
      \${{HOME}}
`,
    "MLproject",
  );
  expect(project).toMatchObject({
    name: "My Project",
    environment: { kind: "python", file: "python_env.yaml" },
    notes: [],
  });
  expect([...project.entryPoints.values()]).toEqual([
    {
      name: "main",
      parameters: [
        { name: "data_file", type: "path", default: undefined },
        { name: "regularization", type: "float", default: "0.1" },
        { name: "url", type: "uri", default: "http://x/y" },
        { name: "note", type: "string", default: "True" },
      ],
      command: "python train.py -r {regularization} {data_file} {url} {note}",
      outputs: [],
      cached: true,
      steps: [],
    },
    {
      name: "validate",
      parameters: [],
      command: "python validate.py ${{HOME}}\n",
      outputs: [],
      cached: true,
      steps: [],
    },
  ]);
});

it("reads images of docker, node's version and lockfile, aliases and merged keys", () => {
  expect(
    parseProject("docker_env:\n  image: a:1\n  volumes: ['/a:/b']\n  environment: [[A, 1], B]\n", "MLproject")
      .environment,
  ).toEqual({ kind: "docker", image: "a:1", volumes: ["/a:/b"], variables: [["A", "1"], "B"] });
  expect(parseProject('node_env: {node: "20.19", lockfile: package-lock.json}', "MLproject").environment).toEqual({
    kind: "node",
    version: "20.19",
    lockfile: "package-lock.json",
  });
  const merged = parseProject(
    "entry_points:\n  a: &a\n    parameters: {x: {type: float, default: 1}}\n    command: run {x}\n  b:\n    <<: *a\n    command: go {x}\n  c: *a\n",
    "MLproject",
  );
  expect([...merged.entryPoints.values()].map(({ command, parameters }) => [command, parameters.length])).toEqual([
    ["run {x}", 1],
    ["go {x}", 1],
    ["run {x}", 1],
  ]);
});

it("takes what MLflow takes without understanding it, and says so", () => {
  const project = parseProject(
    "author: me\nentry_points:\n  main:\n    parameters: {n: int}\n    command: run {n}\n",
    "MLproject",
  );
  expect(project.notes).toEqual([
    "MLproject:1:1: the file has the key 'author', which nothing reads",
    "MLproject:4:21: parameter 'n' of entry point 'main' has the type 'int', which counts as a string",
  ]);
});

it.each([
  ["", "MLproject:1:1: the file is empty"],
  ["- a", "MLproject:1:1: the file is a list: expected a mapping"],
  [
    "name: a\nentry_point:\n  main: {command: x}",
    "MLproject:2:1: the file has no key 'entry_point'; did you mean 'entry_points'?",
  ],
  ["name: a\n\tb: c", "MLproject:2:1: "],
  ["name: a\nname: b", "MLproject:2:1: Map keys must be unique"],
  ["name: [a]", "MLproject:1:7: name is a list: expected one value"],
  ["python_env: a\nconda_env: b", "MLproject:2:1: the project has python_env and conda_env: keep one of them"],
  ["docker_env: {}", "MLproject:1:13: docker_env has no image"],
  ["docker_env: {image: a, volumes: b}", "MLproject:1:33: docker_env.volumes is no list"],
  ["node_env: {version: 20}", "MLproject:1:12: node_env has no key 'version'; it has node and lockfile"],
  ["node_env: {node: '>=20'}", "MLproject:1:18: node_env.node is '>=20'"],
  ["databricks_spark_job: {}", "MLproject:1:1: databricks_spark_job runs on Databricks only"],
  ["entry_points: [main]", "MLproject:1:15: entry_points is a list"],
  ["entry_points: {main: go}", "MLproject:1:22: entry point 'main' is 'go': expected a mapping"],
  ["entry_points: {main: {}}", "MLproject:1:16: entry point 'main' has no command"],
  ["entry_points: {main: {comand: x}}", "entry point 'main' has no key 'comand'; did you mean 'command'?"],
  ["entry_points: {main: {command: 'x {a'}}", "the command of entry point 'main' has a '{' without its '}'"],
  ["entry_points: {main: {command: 'x }'}}", "has a single '}'"],
  ["entry_points: {main: {command: 'x {0!r}'}}", "has the placeholder '{0!r}'"],
  [
    "entry_points: {main: {command: 'x ${HOME}'}}",
    "uses {HOME}, which is no parameter of it (a variable of the shell is written ${{HOME}})",
  ],
  ["entry_points: {main: {parameters: {alpha: float}, command: 'x {alhpa}'}}", "; did you mean 'alpha'?"],
  [
    "entry_points: {main: {parameters: {a: 1.5}, command: x}}",
    "MLproject:1:39: parameter 'a' of entry point 'main' is no parameter",
  ],
  ["entry_points: {main: {parameters: {a: {type: flaot}}, command: x}}", "has the type 'flaot'; did you mean 'float'?"],
  [
    "entry_points: {main: {parameters: {a: {default: [1]}}, command: x}}",
    "the default of parameter 'a' of entry point 'main' is a list",
  ],
])("refuses with line and column: %j", (content, expected) => {
  expect(faultsOf(content)).toContain(expected);
});

it("says all faults at once, in the order of the file", () => {
  const text = faultsOf("docker_env: {}\nentry_points:\n  a: {}\n  b: {command: '{'}\n");
  expect(text.split("\n").map((line) => line.split(": ")[0])).toEqual([
    "MLproject:1:13",
    "MLproject:3:3",
    "MLproject:4:16",
  ]);
});
