import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EsteiraError, invalid, notFound } from "@esteira/core/errors";
import type { Contender } from "@esteira/lifecycle/evidence/gather-evidence";
import { fetchResolved, parseModelUri, resolveModel } from "@esteira/sdk/node/model-uri";
import pc from "picocolors";
import { type Command, type Terminal, text, texts, type Values } from "../command.ts";
import { ENGINE_OPTIONS, engineSettings } from "../engine-options.ts";
import { MODEL_URI } from "../model-option.ts";
import { trackingClient } from "../tracking.ts";

const STYLES = { good: pc.green, bad: pc.red, warn: pc.yellow, dim: pc.dim, strong: pc.bold };
const NO_CHAMPION = "none";

export const gate: Command = {
  name: "gate",
  summary: "Judge a model by a gate: exit code 0 passed, 3 refused or not enough evidence, 2 a fault",
  options: [
    MODEL_URI,
    { flags: "--gate <file>", summary: "what the model must prove", default: "gate.yaml" },
    { flags: "--data <file>", summary: "labelled rows to judge on: .csv, .jsonl or .parquet", required: true },
    {
      flags: "--champion <uri>",
      summary:
        "the model to compare with, or none; of models:/NAME/VERSION it is models:/NAME@champion unless said otherwise",
    },
    { flags: "--for <model>", summary: "the registered model that it is to join, with whose champion it is compared" },
    { flags: "--training <file>", summary: "the training's rows, for drift and for the windows of time" },
    { flags: "--seed-model <uri>", summary: "a model of the same training with another seed", repeats: true },
    { flags: "--requests <folder>", summary: "a log of requests that the candidate's service has answered" },
    {
      flags: "--image <reference>",
      summary: "the image that it is run from, or oci:FOLDER[:NAME] (default: the one that the version names)",
    },
    {
      flags: "--advisories <file>",
      summary: "known weaknesses of programs, as OSV or CycloneDX (VEX) lists them in JSON, for the check of the image",
    },
    { flags: "--threshold <score>", summary: "alerts are rows at or above it; what the model says when absent" },
    { flags: "--label <column>", summary: "1 for a fraud, else 0", default: "label" },
    { flags: "--id <column>", summary: "breaks ties between equal scores" },
    { flags: "--amount <column>", summary: "money of a row" },
    { flags: "--customer <column>", summary: "rows of one customer are resampled together" },
    { flags: "--time <column>", summary: "when a row happened: milliseconds, or ISO 8601 with its zone" },
    { flags: "--known-at <column>", summary: "when a fraud became known" },
    { flags: "--typology <column>", summary: "the kind of fraud" },
    { flags: "--slice <column>", summary: "groups that are judged apart", repeats: true },
    { flags: "--as-of <instant>", summary: "labels are those known then, ISO 8601 with its zone; now when absent" },
    { flags: "--json <file>", summary: "write the verdict and its evidence as JSON" },
    { flags: "--junit <file>", summary: "write it as JUnit XML" },
    { flags: "--markdown <file>", summary: "write it as Markdown, for a pull request" },
    ...ENGINE_OPTIONS,
  ],
  async run(values, terminal) {
    const file = text(values, "gate") ?? "gate.yaml";
    const rules = await readFile(file, "utf8").catch(() => {
      throw notFound(`The gate '${file}' cannot be read: give the path of a YAML file with --gate.`);
    });
    const { gateDigest, parseGate } = await import("@esteira/lifecycle/gates/parse-gate");
    const parsed = parseGate(rules, file);
    const threshold = numberOption(values, "threshold", "--threshold");
    const asOf = instantOption(text(values, "asOf")) ?? Date.now();
    const data = text(values, "data") ?? "";
    const columns = {
      label: text(values, "label") ?? "label",
      id: text(values, "id"),
      amount: text(values, "amount"),
      customer: text(values, "customer"),
      time: text(values, "time"),
      knownAt: text(values, "knownAt"),
      typology: text(values, "typology"),
      slices: texts(values, "slice"),
    };
    const scratch = await mkdtemp(join(tmpdir(), "esteira-gate-"));
    const opened: Contender[] = [];
    try {
      const uri = text(values, "modelUri") ?? "";
      const candidate = await open(uri, join(scratch, "candidate"), values, terminal);
      opened.push(candidate);
      const champion = await openChampion({ uri, name: candidate.name }, join(scratch, "champion"), values, terminal);
      if (champion) opened.push(champion);

      const seeds: Contender[] = [];
      for (const [at, seed] of texts(values, "seedModel").entries()) {
        const one = await open(seed, join(scratch, `seed-${at}`), values, terminal);
        opened.push(one);
        seeds.push(one);
      }

      const { gatherEvidence } = await import("@esteira/lifecycle/evidence/gather-evidence");
      const { evaluateGate } = await import("@esteira/lifecycle/gates/evaluate-gate");
      const { captureEnvironment } = await import("@esteira/sdk/node/environment");
      const { git } = await captureEnvironment(process.cwd());
      const evidence = await gatherEvidence({
        ...{ gate: parsed, gateDigest: gateDigest(rules), candidate, champion, data, columns, threshold, asOf },
        training: text(values, "training"),
        seeds,
        requests: text(values, "requests"),
        examineImage: async () => {
          const image = text(values, "image") ?? (await namedImage(candidate.name, terminal));
          if (image === undefined || image === null) return image;
          const { imageEvidence } = await import("../image/image-evidence.ts");
          return imageEvidence(image, text(values, "advisories"), terminal);
        },
        code: git ? `${git.commit}${git.dirty ? "+changes" : ""}` : "no commit",
        clock: Date.now,
        measureMemory: async (bodies) => {
          const { measureMemory } = await import("../promotion/measure-memory.ts");
          return measureMemory(candidate.folder, engineSettings(values, terminal.env), bodies);
        },
      });
      const verdict = evaluateGate(parsed, evidence);
      const { renderGateTerminal } = await import("@esteira/lifecycle/gates/render-terminal");
      terminal.out(renderGateTerminal(verdict, (kind, words) => STYLES[kind](words)).trimEnd());
      const { renderGateJson } = await import("@esteira/lifecycle/gates/verdict-wire");
      const { renderGateJunit } = await import("@esteira/lifecycle/gates/render-junit");
      const { renderGateMarkdown } = await import("@esteira/lifecycle/gates/render-markdown");
      for (const [name, render] of [
        ["json", renderGateJson],
        ["junit", renderGateJunit],
        ["markdown", renderGateMarkdown],
      ] as const) {
        const path = text(values, name);
        if (path !== undefined) await writeFile(path, render(verdict));
      }
      const { exitCodeOf } = await import("@esteira/lifecycle/gates/verdict");
      return exitCodeOf(verdict.outcome);
    } finally {
      for (const { model } of opened) await model.close?.();
      await rm(scratch, { recursive: true, force: true });
    }
  },
};

async function open(uri: string, into: string, values: Values, terminal: Terminal): Promise<Contender> {
  const client = () => trackingClient(terminal);
  const resolved = await resolveModel(uri, client);
  const folder = await fetchResolved(resolved, into, client);
  const { modelDigest } = await import("@esteira/models/format/digest");
  const { openModel } = await import("@esteira/models/flavors/open-model");
  const digest = await modelDigest(folder);
  // An alias moves: the verdict names the version that it led to.
  const name = registeredName(uri) === undefined ? uri : `models:/${resolved.name}/${resolved.version}`;
  const model = await openModel(folder, {
    ...engineSettings(values, terminal.env),
    note: terminal.note,
    onPrint: (line) => terminal.note(`python: ${line}`),
  }).catch((error: unknown) => {
    // Of two models or more.
    throw error instanceof EsteiraError
      ? new EsteiraError(error.code, `${name} cannot be loaded: ${error.message}`)
      : error;
  });
  return { name, folder, digest, model };
}

/** Null: there is none yet. Undefined: nobody said what to compare with. */
async function openChampion(
  candidate: { readonly uri: string; readonly name: string },
  into: string,
  values: Values,
  terminal: Terminal,
): Promise<Contender | null | undefined> {
  const given = text(values, "champion");
  if (given === NO_CHAMPION) return null;
  if (given !== undefined) return open(given, into, values, terminal);
  const name = text(values, "for") ?? registeredName(candidate.uri);
  if (name === undefined) return undefined;
  const version = await trackingClient(terminal).registeredModels.findByAlias(name, "champion");
  if (version === undefined) return null;
  const uri = `models:/${name}/${version.version}`;
  if (uri === candidate.name) terminal.note(`${uri} is the champion itself: it is compared with itself.`);
  return open(uri, into, values, terminal);
}

/** What a registered version says that it is run from; null where it says nothing, undefined of what is no version. */
async function namedImage(candidate: string, terminal: Terminal): Promise<string | null | undefined> {
  const parsed = parseModelUri(candidate);
  if (parsed.kind !== "version") return undefined;
  const { imageOf } = await import("../version-image.ts");
  return imageOf(await trackingClient(terminal).modelVersions.get(parsed.name, parsed.version)) ?? null;
}

/** Of `models:/NAME/...` and `models:/NAME@...`. */
function registeredName(uri: string): string | undefined {
  const parsed = parseModelUri(uri);
  return "name" in parsed ? parsed.name : undefined;
}

function numberOption(values: Values, name: string, flag: string): number | undefined {
  const given = text(values, name);
  if (given === undefined) return undefined;
  const value = Number(given);
  if (given.trim() === "" || !Number.isFinite(value)) throw invalid(`${flag} is '${given}': expected a number.`);
  return value;
}

function instantOption(given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const value = /(?:Z|[+-]\d\d:?\d\d)$/.test(given) ? Date.parse(given) : Number.NaN;
  if (Number.isFinite(value)) return value;
  throw invalid(`--as-of is '${given}': expected ISO 8601 with a zone, for example 2026-11-26T10:00:00-03:00.`);
}
