/** Every request of fixtures/cases.json, answered as MLflow's own server answered it (fixtures/answers.json). */

import { readFileSync } from "node:fs";
import { EsteiraError } from "@esteira/core/errors";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { modelBytes } from "../engines/trees/fixtures/fixture.ts";
import { parseXgboost } from "../engines/trees/parse-xgboost.ts";
import type { LoadedModel } from "../flavors/flavor.ts";
import { createXgboostModel } from "../flavors/xgboost.ts";
import { enforceSchema } from "../format/enforce.ts";
import { parseJson } from "../format/json.ts";
import { type ColumnSpec, columnsOf, type DataType, type ModelSignature } from "../format/signature.ts";
import { parseCsv } from "./csv.ts";
import { parsePayload } from "./payload.ts";
import { createScoringServer } from "./scoring-server.ts";

interface Case {
  readonly name: string;
  readonly model: string;
  /** application/json unless given; null for none. */
  readonly type?: string | null;
  readonly body: string;
  readonly method?: "GET" | "POST";
  readonly path?: string;
}

interface Answer {
  readonly status: number;
  readonly type?: string;
  readonly body?: string;
  readonly error?: string;
}

const read = (file: string): unknown => JSON.parse(readFileSync(new URL(`fixtures/${file}`, import.meta.url), "utf8"));
const cases = read("cases.json") as readonly Case[];
const answers = read("answers.json") as Readonly<Record<string, Answer>>;

const NAMES = ["amount", "hour", "age", "velocity", "balance", "distance"];
const columns = columnsOf(NAMES, "double");
const flags = ["output_margin", "pred_contribs", "pred_leaf", "strict_shape"];

const load = (file: string, kind: "booster" | "classifier", signature?: ModelSignature): LoadedModel =>
  createXgboostModel(parseXgboost(modelBytes(`${file}.ubj`)), kind, { flavors: {}, ...(signature && { signature }) });

/** The models that record.py gives to MLflow, under the same names. */
const models: Readonly<Record<string, LoadedModel>> = {
  booster: load("binary", "booster", { inputs: columns }),
  params: load("binary", "booster", {
    inputs: columns,
    params: flags.map((name) => ({ name, type: "boolean", default: false, shape: null })),
  }),
  optional: load("binary", "booster", { inputs: columns.map((spec) => ({ ...spec, required: false })) }),
  unsigned: load("binary", "booster"),
  positional: load("dart", "booster"),
  tensor: load("dart", "booster", { inputs: [{ kind: "tensor", dtype: "float32", shape: [-1, 6] }] }),
  unnamed: load("dart", "booster", {
    inputs: NAMES.map(() => ({ kind: "column", type: "double", required: true })),
  }),
  classifier: load("binary", "classifier", { inputs: columns }),
  multiclass: load("multiclass", "booster"),
};

/** Where we answer otherwise on purpose: our status, and why. */
const DIFFERENCES: Readonly<Record<string, readonly [number, string]>> = {
  "no type": [415, "a request without a type is the caller's fault, and says so"],
  "unsigned reordered": [200, "columns are taken by name, whatever their order"],
  "unsigned extra": [200, "columns that the model does not know are left out, as with a signature"],
  "unsigned null": [200, "null is a missing value, as with a signature"],
  "unsigned inputs columns": [200, "named columns are a table in every form"],
  "positional narrow": [400, "a row that is too short would be scored as if its last features were missing"],
  "tensor csv": [200, "a table of the right shape is one in CSV too"],
};

const rounded = (body: string): unknown =>
  JSON.parse(body, (_key, value: unknown) => (typeof value === "number" ? Number(value.toFixed(6)) : value));

describe.each(Object.keys(models))("model %s", (name) => {
  let app: FastifyInstance;
  beforeAll(async () => {
    app = await createScoringServer({ model: models[name]! });
  });
  afterAll(() => app.close());

  it.each(cases.filter((one) => one.model === name).map((one) => [one.name, one] as const))(
    "%s",
    async (_name, one) => {
      const theirs = answers[one.name]!;
      const method = one.method ?? "POST";
      const response = await app.inject({
        method,
        url: one.path ?? "/invocations",
        headers: one.type === null ? {} : { "content-type": one.type ?? "application/json" },
        ...(method === "POST" && { payload: Buffer.from(one.body) }),
      });
      const difference = DIFFERENCES[one.name];
      if (difference !== undefined) {
        expect(difference[0]).not.toBe(theirs.status);
        expect(response.statusCode).toBe(difference[0]);
        return;
      }
      expect(response.statusCode).toBe(theirs.status);
      expect(response.headers["content-type"]).toBe(theirs.type ?? "application/json");
      if (theirs.body?.startsWith("{")) expect(rounded(response.body)).toEqual(rounded(theirs.body));
      else if (theirs.body !== undefined) expect(response.body).toBe(theirs.body);
      if (theirs.error !== undefined) {
        const { detail, error_code, sqlstate, error_class, message } = response.json<Record<string, string>>();
        expect(detail ?? `${error_code} ${sqlstate} ${error_class}`).toBe(theirs.error);
        if (detail === undefined) expect(message).toMatch(/\w/);
      }
    },
  );
});

const CELLS_THAT_ARE_NO_TRUTH =
  /^echo-boolean(-optional)? (records|inputs) (text (one and a half|abc|empty|spaced|nan|exponent)|list|object|date|instant.*)$/;

/** Of enforcement: cells that we judge otherwise on purpose. */
const JUDGED_OTHERWISE: readonly (readonly [RegExp, string])[] = [
  [/^echo-boolean.* (null|null beside|mixed|text false)$/, "null and words are not turned into a truth in silence"],
  [CELLS_THAT_ARE_NO_TRUTH, "what is neither true nor false is refused"],
  [/^echo-(integer|long) records (big|huge|1e39|two to the 53 plus one)$/, "an integer out of range is refused"],
  [/^echo-(integer|long)-optional .* null$/, "an optional cell may be null"],
  [
    /^echo-string.* inputs (null|list|object|huge|two to the 53 plus one)$/,
    "null stays null; text of the rest differs",
  ],
  [
    /^echo-datetime .*(one|one and a half|minus|true|false|text one|huge|1e39|text nan|two)$/,
    "odd spellings of instants",
  ],
  [
    /^echo-datetime (records instant (Z|offset)|csv (empty|date))$/,
    "an instant with a zone is one, and so is one in CSV",
  ],
  [/ inputs list$/, "a list for a cell is refused, if as another kind of error"],
];

describe("enforcement of types", () => {
  const echoes = cases.filter((one) => one.model.startsWith("echo-"));

  it.each(
    echoes
      .filter((one) => !JUDGED_OTHERWISE.some(([pattern]) => pattern.test(one.name)))
      .map((one) => [one.name, one] as const),
  )("%s", (_name, one) => {
    const [, type, optional] = one.model.split("-");
    const schema: readonly ColumnSpec[] = [
      { kind: "column", name: "x", type: type as DataType, required: optional === undefined },
    ];
    const theirs = answers[one.name]!;
    const enforce = (): unknown[] => {
      const frame = one.type === "text/csv" ? parseCsv(one.body) : parsePayload(one.body, schema).frame;
      return Array.from<unknown>(enforceSchema(frame, schema).columns[0]!).map((cell) => toWire(cell, type));
    };
    if (theirs.error !== undefined) {
      try {
        expect(enforce()).toBe("an error");
      } catch (error) {
        if (!(error instanceof EsteiraError)) throw error;
        expect(`${error.code} ${error.toBody().sqlstate} ${error.errorClass}`).toBe(theirs.error);
      }
      return;
    }
    const { predictions } = parseJson(theirs.body ?? "", "the answer") as { predictions: { x: unknown[] } };
    const cells = predictions.x.map((cell) =>
      type === "datetime" && typeof cell === "string" ? cell.slice(0, 19) : cell,
    );
    expect(enforce()).toEqual(cells);
  });

  it.each(["echo-integer records big", "echo-boolean records null", "echo-boolean records text abc"])(
    "refuses what MLflow changes in silence: %s",
    (name) => {
      const one = cases.find((candidate) => candidate.name === name)!;
      const type = one.model.split("-")[1] as DataType;
      const schema: readonly ColumnSpec[] = [{ kind: "column", name: "x", type, required: true }];
      expect(answers[name]?.status).toBe(200);
      expect(() => enforceSchema(parsePayload(one.body, schema).frame, schema)).toThrow(
        `Column 'x' of the signature is of type ${type}: row 0 holds`,
      );
    },
  );
});

/** A cell of our table as the recording model spells it. */
function toWire(cell: unknown, type: string | undefined): unknown {
  if (typeof cell !== "number") return cell;
  if (Number.isNaN(cell)) return null;
  if (type === "boolean") return cell === 1;
  return type === "datetime" ? new Date(cell).toISOString().slice(0, 19) : cell;
}
