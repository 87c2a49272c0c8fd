import { parseTemplate } from "../command/template.ts";
import { suggestion } from "../nearest.ts";
import { orderSteps } from "../workflow/order-steps.ts";
import type { EntryPoint, Step, StepValue } from "./project.ts";
import { unknownKey, type YamlValue } from "./yaml-reader.ts";

const STEP_NAME = /^[A-Za-z_][\w-]*$/;
const KEYS = ["entry_point", "parameters", "after"];

/** A step with the places that its faults name. */
export interface ReadStep {
  readonly step: Step;
  readonly key: YamlValue;
  readonly entryKey: YamlValue;
  readonly values: ReadonlyMap<string, { readonly key: YamlValue; readonly value: YamlValue }>;
}

/** The steps of one entry point. Whether what they name is there is seen when all entry points are read: `checkSteps`. */
export function readSteps(value: YamlValue | undefined, what: string): readonly ReadStep[] {
  return (value?.entries(`steps of ${what}`) ?? []).map(([name, field, key]) => {
    const step = `step '${name}' of ${what}`;
    if (!STEP_NAME.test(name))
      key.fault(`${step} has a name that cannot be one: expected letters, digits, '_' and '-'`);
    let entryPoint = name;
    let entryKey = key;
    let after: readonly string[] = [];
    const values = new Map<string, { readonly key: YamlValue; readonly value: YamlValue }>();
    const parameters = new Map<string, StepValue>();
    for (const [part, partValue, partKey] of field.entries(step)) {
      if (part === "entry_point") {
        entryPoint = partValue.text(`entry_point of ${step}`) ?? name;
        entryKey = partValue;
      } else if (part === "after") after = namesOf(partValue, `after of ${step}`);
      else if (part === "parameters")
        for (const [parameter, given, parameterKey] of partValue.entries(`parameters of ${step}`)) {
          values.set(parameter, { key: parameterKey, value: given });
          parameters.set(parameter, readValue(given, `parameter '${parameter}' of ${step}`));
        }
      else unknownKey(partKey, part, step, KEYS);
    }
    return { step: { name, entryPoint, parameters, after }, key, entryKey, values };
  });
}

/** A list of names, or one name. */
export function namesOf(value: YamlValue, what: string): readonly string[] {
  if (value.kind === "null") return [];
  const items = value.items ?? (value.kind === "mapping" ? undefined : [value]);
  if (items === undefined) value.fault(`${what} is a mapping: expected a list`);
  return (items ?? []).map((item) => item.text(what) ?? "");
}

/** `{name}` is a parameter of the workflow, `{step.PATH}`, which stands alone, an output of another step. */
function readValue(value: YamlValue, what: string): StepValue {
  if (value.kind === "mapping") {
    value.fault(`${what} is a mapping to YAML: write it in quotes, as in "{name}"`);
    return { kind: "template", segments: [] };
  }
  const text = value.text(what) ?? "";
  const segments = parseTemplate(text, /^[^{}]+$/);
  if ("fault" in segments) {
    value.fault(`${what} ${segments.fault}`);
    return { kind: "template", segments: [] };
  }
  const [first] = segments;
  const output = segments.length === 1 && first?.kind === "placeholder" ? /^([^.]+)\.(.+)$/.exec(first.name) : null;
  if (output !== null) return { kind: "output", step: output[1] ?? "", path: output[2] ?? "" };
  const mixed = segments.find((one) => one.kind === "placeholder" && one.name.includes("."));
  if (mixed?.kind === "placeholder")
    value.fault(`${what} has {${mixed.name}} among other text: an output of a step stands alone`);
  return { kind: "template", segments };
}

/** What the steps of an entry point name must be there: entry points, parameters, steps and outputs; and nothing may run in a circle. */
export function checkSteps(
  entry: EntryPoint,
  read: readonly ReadStep[],
  points: ReadonlyMap<string, EntryPoint>,
): void {
  const steps = new Map(read.map(({ step }) => [step.name, step]));
  for (const one of read) checkStep(entry, one, steps, points);
  const ordered = orderSteps(entry.steps);
  if ("cycle" in ordered)
    read
      .find(({ step }) => step.name === ordered.cycle[0])
      ?.key.fault(`the steps of entry point '${entry.name}' wait for each other: ${ordered.cycle.join(" -> ")}`);
  for (const { step, entryKey } of read) {
    const way = wayBack(step.entryPoint, entry.name, points, new Set());
    if (way) entryKey.fault(`entry point '${entry.name}' calls itself: ${[entry.name, ...way].join(" -> ")}`);
  }
}

function checkStep(
  entry: EntryPoint,
  { step, key, entryKey, values }: ReadStep,
  steps: ReadonlyMap<string, Step>,
  points: ReadonlyMap<string, EntryPoint>,
): void {
  const called = points.get(step.entryPoint);
  const what = `step '${step.name}' of entry point '${entry.name}'`;
  for (const name of step.after)
    if (!steps.has(name))
      key.fault(`${what} comes after '${name}', which is no step of it${suggestion(name, steps.keys())}`);
  if (called === undefined) {
    entryKey.fault(
      `${what} calls the entry point '${step.entryPoint}', which there is not${suggestion(step.entryPoint, points.keys())}`,
    );
    return;
  }
  const declared = called.parameters.map(({ name }) => name);
  const missing = called.parameters.filter((one) => one.default === undefined && !step.parameters.has(one.name));
  for (const { name } of missing) key.fault(`${what} gives no value for '${name}', which '${called.name}' needs`);
  for (const [name, value] of step.parameters) {
    const at = values.get(name);
    const type = called.parameters.find((one) => one.name === name)?.type;
    if (type === undefined)
      at?.key.fault(`entry point '${called.name}' has no parameter '${name}'${suggestion(name, declared)}`);
    else if (value.kind === "template") checkTemplate(entry, value, at?.value, `parameter '${name}' of ${what}`);
    else {
      checkOutput(value, at?.value, steps, points, `parameter '${name}' of ${what}`);
      if (type !== "path")
        at?.value.fault(
          `'${called.name}' takes '${name}' as a ${type}, and an output is a file or folder: declare it as path`,
        );
    }
  }
}

function checkTemplate(
  entry: EntryPoint,
  { segments }: StepValue & { kind: "template" },
  at: YamlValue | undefined,
  what: string,
): void {
  const names = entry.parameters.map(({ name }) => name);
  for (const segment of segments)
    if (segment.kind === "placeholder" && !names.includes(segment.name))
      at?.fault(
        `${what} uses {${segment.name}}, which is no parameter of '${entry.name}'${suggestion(segment.name, names) || " (an output of a step is written {step.PATH})"}`,
      );
}

function checkOutput(
  { step, path }: StepValue & { kind: "output" },
  at: YamlValue | undefined,
  steps: ReadonlyMap<string, Step>,
  points: ReadonlyMap<string, EntryPoint>,
  what: string,
): void {
  const source = steps.get(step);
  const outputs = source === undefined ? undefined : points.get(source.entryPoint)?.outputs;
  if (source === undefined)
    at?.fault(`${what} takes an output of '${step}', which is no step here${suggestion(step, steps.keys())}`);
  else if (outputs !== undefined && !outputs.includes(path))
    at?.fault(
      `${what} takes '${path}' of step '${step}', whose entry point '${source.entryPoint}' declares ${outputs.length === 0 ? "no outputs" : `the outputs ${outputs.join(", ")}`}${suggestion(path, outputs)}`,
    );
}

/** The entry points from `from` to `target` by the steps of each, where there is a way. */
function wayBack(
  from: string,
  target: string,
  points: ReadonlyMap<string, EntryPoint>,
  seen: Set<string>,
): readonly string[] | undefined {
  if (from === target) return [from];
  if (seen.has(from)) return undefined;
  seen.add(from);
  for (const { entryPoint } of points.get(from)?.steps ?? []) {
    const way = wayBack(entryPoint, target, points, seen);
    if (way) return [from, ...way];
  }
  return undefined;
}
