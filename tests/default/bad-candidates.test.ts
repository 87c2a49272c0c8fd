import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { appendFile, cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { canonicalJson } from "@esteira/core/timeline/json";
import { Random } from "@esteira/models/evaluation/random";
import { digestOfFiles, modelDigest } from "@esteira/models/format/digest";
import { writeModelFolder } from "@esteira/models/format/model-folder";
import { columnsOf } from "@esteira/models/format/signature";
import { type Client, createClient } from "@esteira/sdk/client";
import { basic } from "@esteira/sdk/credentials";
import { uploadFolder } from "@esteira/sdk/node/folder";
import { passwords } from "@esteira/server/access/passwords";
import { type RunningServer, startServer } from "@esteira/server/start";
import { openStore } from "@esteira/store/open";
import { fingerprint } from "@esteira/store/timeline/checkpoint";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { gate } from "../../packages/cli/src/commands/gate.ts";

const DAY = 86_400_000;
const T0 = Date.UTC(2026, 2, 1);
const ROWS = 5000;
const THRESHOLD = 0.35;
const CHEAP = { n: 1024, r: 8, p: 1 };
const PASSWORD = "a long enough password";
const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));

/** What an input adds to the log-odds: so much from a value on, and otherwise so much. */
type Stump = readonly [input: string, from: number, below: number, above: number];

/** The champion: it knows what frauds look like. `device` says nothing of fraud, and much of its money. */
const CHAMPION: readonly Stump[] = [
  ...[1, 2, 3, 4, 5].map((from): Stump => ["amount", from, -0.35, 0.35]),
  ["night", 0.5, -0.8, 0.8],
  ["new_payee", 0.5, -0.9, 0.9],
];
const INPUTS = ["amount", "night", "new_payee"];

/** A model as XGBoost writes it: a tree of one split for each stump. */
function modelText(inputs: readonly string[], stumps: readonly Stump[], shift: number): string {
  const trees = stumps.map(([input, from, below, above], id) => ({
    ...{ id, left_children: [1, -1, -1], right_children: [2, -1, -1], parents: [2147483647, 0, 0] },
    ...{ split_indices: [inputs.indexOf(input), 0, 0], split_conditions: [from, below, above], split_type: [0, 0, 0] },
    ...{ default_left: [1, 0, 0], sum_hessian: [2, 1, 1], base_weights: [0, below, above], loss_changes: [1, 0, 0] },
    ...{ categories: [], categories_nodes: [], categories_segments: [], categories_sizes: [] },
    tree_param: { num_deleted: "0", num_feature: String(inputs.length), num_nodes: "3", size_leaf_vector: "1" },
  }));
  return JSON.stringify({
    learner: {
      ...{ attributes: {}, feature_names: inputs, feature_types: [] },
      gradient_booster: {
        model: {
          gbtree_model_param: { num_parallel_tree: "1", num_trees: String(trees.length) },
          ...{ iteration_indptr: [...trees.keys(), trees.length], tree_info: trees.map(() => 0), trees },
        },
        name: "gbtree",
      },
      learner_model_param: {
        ...{ base_score: String(sigmoid(-2.6 + shift)), boost_from_average: "1", num_class: "0", num_target: "1" },
        num_feature: String(inputs.length),
      },
      objective: { name: "binary:logistic", reg_loss_param: { scale_pos_weight: "1" } },
    },
    version: [3, 2, 0],
  });
}

interface Candidate {
  /** More of the champion's stumps. */
  readonly more?: readonly Stump[];
  readonly inputs?: readonly string[];
  /** Of the log-odds. */
  readonly shift?: number;
  /** Inputs that a caller need not send. */
  readonly optional?: readonly string[];
}

let root: string;
const folderOf = (name: string): string => join(root, name);

async function make(name: string, { more = [], inputs = INPUTS, shift = 0, optional = [] }: Candidate = {}) {
  await writeModelFolder(folderOf(name), {
    ubj: new TextEncoder().encode(modelText(inputs, [...CHAMPION, ...more], shift)),
    ...{ createdAt: 0, modelUuid: "0" },
    signature: {
      inputs: columnsOf(inputs, "double").map((spec) => ({ ...spec, required: !optional.includes(spec.name ?? "") })),
    },
  });
}

/** Transfers of twenty days, labelled by the champion's own odds; frauds are known after three days. */
async function writeRows(name: string, { seed, begin, more = 0 }: { seed: number; begin: number; more?: number }) {
  const random = new Random(seed);
  const uniform = () => (random.next32() + 0.5) / 2 ** 32;
  const lines = [
    "id,payer,money,channel,time,known,fraud,amount,night,new_payee,device,is_web,charged_back,risk,disputed,disputed_at",
  ];
  for (let row = 0; row < ROWS; row++) {
    const amount = 6 * uniform() ** (more > 0 ? 1 / (1 + more) : 1);
    const [night, payee] = [uniform() < 0.3 ? 1 : 0, uniform() < 0.4 ? 1 : 0];
    const [device, web] = [uniform() < 0.12 ? 1 : 0, uniform() < 0.1 ? 1 : 0];
    const values = { amount, night, new_payee: payee };
    const odds = CHAMPION.reduce(
      (sum, [input, from, below, above]) => sum + (values[input as keyof typeof values] < from ? below : above),
      -2.6,
    );
    const fraud = uniform() < sigmoid(odds) ? 1 : 0;
    const money = device === 1 ? 4000 : 150;
    const at = begin + Math.floor((row / ROWS) * 20 * DAY);
    const known = fraud === 1 ? new Date(at + 3 * DAY).toISOString() : "";
    const channel = web === 1 ? "web" : row % 2 === 0 ? "key" : "qr";
    // A dispute is half of the frauds', and comes a day later: by itself it is no leak that anybody would see.
    const disputed = fraud === 1 && row % 2 === 0 ? 1 : 0;
    const told = new Date(at + (disputed === 1 ? DAY : -DAY)).toISOString();
    const cells = [`E${row}`, `p${random.below(900)}`, money, channel, new Date(at).toISOString(), known, fraud];
    lines.push(
      [...cells, amount, night, payee, device, web, fraud + 0.001 * uniform(), uniform(), disputed, told].join(),
    );
  }
  await writeFile(folderOf(name), `${lines.join("\n")}\n`);
}

const GATE = `version: 1
name: pix
checks:
  - { check: champion, metric: auc_pr, margin: 0.1, replicates: 300, support: 50 }
  - { check: cost, budget: 0.1, recovery: 0.05, friction: 0.002, false_alert: 5, alert: 2, margin: 4000, replicates: 300, support: 50 }
  - { check: calibration, ratio: { min: 0.8, max: 1.25 }, support: 50 }
  - { check: slice, slice: channel, metric: recall, min: 0.1, support: 30 }
  - { check: windows, maturity: 14 }
  - { check: leakage, share: 0.8, alone: 0.97, known: { disputed: disputed_at } }
  - { check: drift, psi: 0.25, top: 5 }
  - { check: signature }
  - { check: monotonic, feature: amount, direction: rising }
  - { check: latency, quantile: p50, max: 0.1 }
`;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "esteira-candidates-"));
  await writeFile(folderOf("gate.yaml"), GATE);
  await writeRows("test.csv", { seed: 1, begin: T0 });
  await writeRows("training.csv", { seed: 2, begin: T0 - 60 * DAY });
  await writeRows("overlapping.csv", { seed: 2, begin: T0 - 10 * DAY });
  await writeRows("other-customers.csv", { seed: 3, begin: T0 - 60 * DAY, more: 3 });
  await make("champion");
  await make("good", { more: [["amount", 5.5, 0, 0.05]] });
});
afterAll(() => rm(root, { recursive: true, force: true }));

interface Judged {
  readonly outcome: string;
  /** Of every check that did not pass: its name and reason. */
  readonly against: readonly (readonly [string, string])[];
}

/** `esteira gate`, as its command runs it. */
async function judge(model: string, more: Readonly<Record<string, string>> = {}): Promise<Judged> {
  const json = folderOf(`${model}.verdict.json`);
  const values = {
    ...{ gate: folderOf("gate.yaml"), data: folderOf("test.csv"), training: folderOf("training.csv"), json },
    ...{ label: "fraud", id: "id", amount: "money", customer: "payer", time: "time", knownAt: "known" },
    ...{ modelUri: folderOf(model), champion: folderOf("champion"), threshold: String(THRESHOLD), slice: ["channel"] },
    asOf: new Date(T0 + 40 * DAY).toISOString(),
    ...more,
  };
  const lines: string[] = [];
  const terminal = {
    ...{ env: process.env, out: (line: string) => lines.push(line), note: (line: string) => lines.push(line) },
    interrupted: () => new Promise<never>(() => {}),
  };
  const code = await gate.run(values, terminal);
  const verdict = JSON.parse(await readFile(json, "utf8"));
  expect(code, lines.join("\n")).toBe(verdict.outcome === "passed" ? 0 : 3);
  const against = verdict.checks
    .filter(({ status }: { status: string }) => status !== "passed")
    .map(({ check, reason }: { check: string; reason: string }) => [check, reason]);
  return { outcome: verdict.outcome, against };
}

describe("a candidate before its gate", { timeout: 240_000 }, () => {
  it("passes when it is good", async () => {
    expect(await judge("good")).toEqual({ outcome: "passed", against: [] });
  });

  const many = Array.from({ length: 8000 }, (): Stump => ["amount", 3, 0, 0]);
  it.each<[string, Candidate, Readonly<Record<string, string>>, string, RegExp]>([
    ["whose data are stale", {}, { training: "overlapping.csv" }, "windows", /^Training ends .*, after test begins/],
    ["whose labels are too young", {}, { asOf: new Date(T0 + 25 * DAY).toISOString() }, "windows", /days old and 14/],
    ["trained on other customers", {}, { training: "other-customers.csv" }, "drift", /have moved: amount/],
    [
      "that has seen the answer",
      { inputs: [...INPUTS, "charged_back"], optional: ["charged_back"], more: [["charged_back", 0.5, 0, 0.1]] },
      {},
      "leakage",
      /^charged_back by itself ranks frauds/,
    ],
    [
      "that knows what came later",
      { inputs: [...INPUTS, "disputed"], optional: ["disputed"], more: [["disputed", 0.5, 0, 0.1]] },
      {},
      "leakage",
      /^disputed became known after the row's own time on \d+ of 5000 rows/,
    ],
    ["that is slow", { more: many }, {}, "latency", /^p50 is .* the limit is 0.1 ms/],
    [
      "that is blind in one channel",
      { inputs: [...INPUTS, "is_web"], optional: ["is_web"], more: [["is_web", 0.5, 0, -2]] },
      {},
      "slice",
      /miss the limit: web/,
    ],
    [
      "that its callers cannot call",
      { inputs: [...INPUTS, "risk"], more: [["risk", 0.5, 0, 0.01]] },
      {},
      "signature",
      /^Input risk is new and required/,
    ],
    ["that promises too much", { shift: 0.7 }, {}, "calibration", /^Expected\/observed frauds is/],
    [
      "that costs more",
      { inputs: [...INPUTS, "device"], optional: ["device"], more: [["device", 0.5, 0, -1.3]] },
      {},
      "cost",
      /it costs .* more, at most/,
    ],
    ["that finds large amounts safer", { more: [["amount", 5.9, 0.02, -0.02]] }, {}, "monotonic", /the score falls/],
  ])("is stopped when it is one %s, for that reason alone", async (name, candidate, more, check, reason) => {
    const model = name.replaceAll(" ", "-");
    await make(model, candidate);
    const { training } = more;
    const given = training === undefined ? more : { ...more, training: folderOf(training) };
    const judged = await judge(model, given);
    expect(judged).toEqual({ outcome: "refused", against: [[check, expect.stringMatching(reason)]] });
  });

  it("is stopped when it is worse than the champion", async () => {
    await make("worse", {
      more: CHAMPION.slice(5).map(([input, from, below, above]): Stump => [input, from, -below, -above]),
    });
    const { against } = await judge("worse");
    expect(against.map(([check]) => check)).toContain("champion");
  });
});

describe("a judgement that cannot be made", { timeout: 60_000 }, () => {
  beforeAll(async () => {
    await make("broken");
    const file = folderOf("broken/model.ubj");
    await writeFile(file, (await readFile(file)).subarray(0, 200));
    const [header = "", ...rows] = (await readFile(folderOf("test.csv"), "utf8")).split("\n");
    const label = header.split(",").indexOf("fraud");
    const honest = rows.filter((row) => row.split(",")[label] === "0");
    await writeFile(folderOf("empty.csv"), `${header}\n`);
    await writeFile(folderOf("honest.csv"), `${[header, ...honest].join("\n")}\n`);
  });

  it.each<[string, Readonly<Record<string, string>>, RegExp]>([
    ["a champion that is not there", { champion: "nowhere" }, /nowhere/],
    [
      "a champion that cannot be loaded",
      { champion: "broken" },
      /\/broken cannot be loaded: The model file is not valid JSON/,
    ],
    ["a model that cannot be loaded", { modelUri: "broken" }, /\/broken cannot be loaded: /],
    ["rows that are not there", { data: "none.csv" }, /none\.csv' cannot be read: there is no such file/],
    ["no rows", { data: "empty.csv" }, /empty\.csv has no rows/],
    ["honest rows alone", { data: "honest.csv" }, /known fraud/],
  ])("for %s is a fault and no verdict", async (name, change, sentence) => {
    const more = Object.fromEntries(Object.entries(change).map(([key, value]) => [key, folderOf(value)]));
    const json = folderOf(`${name}.json`);
    await expect(judge("good", { ...more, json })).rejects.toThrow(sentence);
    await expect(readFile(json)).rejects.toThrow("ENOENT");
  });
});

describe("a candidate before the server", { timeout: 240_000 }, () => {
  const ci = generateKeyPairSync("ed25519");
  const stranger = generateKeyPairSync("ed25519");
  const publicText = (key: KeyObject) => key.export({ format: "der", type: "spki" }).toString("base64");
  let server: RunningServer;
  let as: (username: string) => Client;

  beforeAll(async () => {
    const uri = `sqlite:///${folderOf("store.db")}`;
    const passwordHash = await passwords(CHEAP).hash(PASSWORD);
    const store = await openStore({ uri, artifactRoot: "mlflow-artifacts:/" });
    const role = await store.createRole({ name: "risk", workspace: "default" });
    for (const username of ["admin", "ana", "bia"]) {
      await store.createUser({ username, isAdmin: username !== "bia", passwordHash });
      if (username !== "admin") await store.assignRole(username, role.id);
    }
    await store.close();
    server = await startServer({
      ...{ host: "127.0.0.1", port: 0, backendStoreUri: uri, artifactsDestination: folderOf("artifacts") },
      ...{ modelDigest: digestOfFiles, access: { passwordCost: CHEAP, defaultPermission: "READ" } },
    });
    as = (username) => createClient({ baseUrl: server.url, credentials: basic(username, PASSWORD) });
    const ana = as("ana");
    await ana.registeredModels.create({ name: "pix" });
    await as("admin").policies.set("pix", {
      aliases: ["champion"],
      evidence: { keys: [fingerprint(publicText(ci.publicKey))] },
      approvals: { count: 1, role: "risk" },
    });
  });
  afterAll(() => server?.close());

  /** Uploads a folder as a new version, whose tag says the digest of another one where it is given. */
  async function register(folder: string, tagged = folder): Promise<number> {
    const ana = as("ana");
    const experimentId = await ana.experiments.ensure("pix");
    const logged = await ana.loggedModels.create({ experimentId, name: "model" });
    await uploadFolder(ana, folder, logged.artifactUri);
    await ana.loggedModels.finalize(logged.modelId, "LOGGED_MODEL_READY");
    const tags = [{ key: "esteira.model.sha256", value: await modelDigest(tagged) }];
    const source = `models:/${logged.modelId}`;
    const { version } = await ana.modelVersions.create({ name: "pix", source, modelId: logged.modelId, tags });
    return Number(version);
  }

  async function bringEvidence(version: number, model: string, pair = ci, at = Date.now()): Promise<void> {
    const digests = { model: await modelDigest(model), data: "d", gate: "g", code: "c" };
    const evidence = { format: 1, name: "pix", version, at, outcome: "passed", digests } as const;
    const signature = sign(null, Buffer.from(canonicalJson(evidence)), pair.privateKey).toString("base64");
    await as("ana").policies.submitEvidence({ evidence, key: publicText(pair.publicKey), signature });
  }

  const approve = (who: string, version: number) =>
    as(who).policies.approve("pix", String(version), { alias: "champion" });
  const promote = (version: number) => as("ana").registeredModels.setAlias("pix", "champion", String(version));
  /** All that the refusal names. */
  const unmet = async (version: number): Promise<readonly string[]> => {
    try {
      await promote(version);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return error.message
        .replace(/^.*because of its policy: /, "")
        .replace(/\.$/, "")
        .split("; ");
    }
    throw new Error(`version ${version} was promoted`);
  };

  it("is promoted when all is well", async () => {
    const version = await register(folderOf("good"));
    await bringEvidence(version, folderOf("good"));
    await approve("bia", version);
    await promote(version);
    expect((await as("bia").registeredModels.getByAlias("pix", "champion")).version).toBe(String(version));
  });

  it("is stopped when its files are not what its tag and its evidence name", async () => {
    const changed = folderOf("changed");
    await cp(folderOf("good"), changed, { recursive: true });
    await appendFile(join(changed, "model.ubj"), " ");
    const version = await register(changed, folderOf("good"));
    await bringEvidence(version, folderOf("good"));
    await approve("bia", version);
    const [reason, ...others] = await unmet(version);
    expect(reason).toBe(
      `its files have the digest ${await modelDigest(changed)}, and its tag names ${await modelDigest(folderOf("good"))}`,
    );
    expect(others).toEqual([]);
  });

  it("is stopped when its author alone approves it", async () => {
    const version = await register(folderOf("good"));
    await bringEvidence(version, folderOf("good"));
    await expect(approve("ana", version)).rejects.toThrow(`ana has made version ${version}`);
    expect(await unmet(version)).toEqual(["it needs 1 approvals of the role risk and has none"]);
  });

  it("is stopped when its evidence is a stranger's, of another model, or old", async () => {
    const version = await register(folderOf("good"));
    await approve("bia", version);
    await bringEvidence(version, folderOf("good"), stranger);
    expect(await unmet(version)).toEqual(["there is no evidence that its gate was passed, signed by a trusted key"]);
    await bringEvidence(version, folderOf("champion"));
    expect(await unmet(version)).toEqual(["its evidence is of a model with another digest"]);
    await bringEvidence(version, folderOf("good"), ci, Date.now() - 40 * DAY);
    expect(await unmet(version)).toEqual(["its evidence is older than 30 days"]);
  });
});
