import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseJson } from "@esteira/models/format/json";
import type { ColumnarTable } from "@esteira/models/format/table";

/** Why there are no models to score; undefined when there are. */
export const missing: string | undefined =
  process.env.ESTEIRA_CORPUS_MODELS === undefined
    ? (process.env.ESTEIRA_CORPUS_MISSING ?? "the corpus was not made")
    : undefined;

export interface Case {
  readonly writer: string;
  readonly name: string;
  /** The case's own folder: `model/` and `golden.json`. */
  readonly folder: string;
  readonly isRefused: boolean;
}

/** The cases of one maker, of both writers; none when the corpus could not be made. */
export function casesOf(maker: string): readonly Case[] {
  const root = process.env.ESTEIRA_CORPUS_MODELS;
  if (root === undefined) return [];
  return ["new", "old"].flatMap((writer) =>
    readdirSync(join(root, writer, maker))
      .sort()
      .map((name) => {
        const folder = join(root, writer, maker, name);
        return { writer, name, folder, isRefused: existsSync(join(folder, "refused")) };
      }),
  );
}

export interface Golden {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
  /** Nested lists of numbers by name. */
  readonly answers: Readonly<Record<string, readonly unknown[] | undefined>>;
}

export function goldenOf(one: Case): Golden {
  const file = join(one.folder, "golden.json");
  const { columns, rows, ...answers } = parseJson(readFileSync(file, "utf8"), file) as Record<string, unknown[]>;
  return { columns: columns as string[], rows: rows as unknown[][], answers };
}

/** All numbers of nested lists, in order. */
export const flat = (values: readonly unknown[]): number[] => values.flat(Number.POSITIVE_INFINITY) as number[];

/** The largest difference; NaN equals NaN. */
export function farthest(ours: ArrayLike<number>, theirs: ArrayLike<number>): number {
  if (ours.length !== theirs.length) return Number.POSITIVE_INFINITY;
  let most = 0;
  for (let i = 0; i < ours.length; i++) {
    if (Object.is(ours[i], theirs[i]) || ours[i] === theirs[i]) continue;
    const difference = Math.abs(ours[i]! - theirs[i]!);
    most = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(most, difference);
  }
  return most;
}

/** The rows as a table of doubles. */
export const tableOf = ({ columns, rows }: Golden): ColumnarTable => ({
  names: columns,
  columns: columns.map((_, i) => Float64Array.from(rows, (row) => row[i] as number)),
  rowCount: rows.length,
});

/** The Python that wrote the models of a writer. */
export const pythonOf = (writer: string): string => {
  const models = process.env.ESTEIRA_CORPUS_MODELS;
  if (models === undefined) throw new Error("The corpus was not made.");
  return join(dirname(models), writer, "bin", "python");
};
