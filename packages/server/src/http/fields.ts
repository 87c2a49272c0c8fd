import { type Int64, readInt64 } from "@esteira/core/int64";
import { z } from "zod";

/**
 * The scalars of MLflow's requests. In protobuf's JSON an absent field, `null` and, for a required text, `""` mean the
 * same: not given. Each issue says only what kind of fault it is; `validation.ts` turns it into MLflow's sentence.
 */
export const MISSING = "missing";
export const WRONG_TYPE = "type";

/** Beyond this a number would lose digits: there only the exact fields go. */
const MAX_INTEGER = Number.MAX_SAFE_INTEGER;
const INTEGER = /^[+-]?\d{1,17}$/;
/** One way to read each text: two would take a time that grows with the square of its length. */
const DECIMAL = /^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\s*$/;
const NOT_FINITE: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  "-Infinity": Number.NEGATIVE_INFINITY,
};

type Read<T> = (value: unknown) => T | undefined;

/** Text that a database can hold and give back: no NUL (PostgreSQL has none), no half of a surrogate pair. */
const readText: Read<string> = (value) =>
  typeof value === "string" && !value.includes("\0") && value.isWellFormed() ? value : undefined;

const readInteger: Read<number> = (value) => {
  const number = typeof value === "string" && INTEGER.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isInteger(number) && Math.abs(number) <= MAX_INTEGER ? number : undefined;
};

const readDouble: Read<number> = (value) => {
  if (typeof value === "number" || typeof value === "bigint") return Number(value);
  if (typeof value !== "string") return undefined;
  return NOT_FINITE[value] ?? (DECIMAL.test(value) ? Number(value) : undefined);
};

const readBoolean: Read<boolean> = (value) => (typeof value === "boolean" ? value : undefined);

/** How the API description shows a scalar. */
type Shown = { readonly type: "string" | "integer" | "number" | "boolean"; readonly [keyword: string]: unknown };
const TEXT: Shown = { type: "string" };
const INTEGER_64: Shown = { type: "integer", format: "int64" };
const DOUBLE: Shown = { type: "number", format: "double" };
const BOOLEAN: Shown = { type: "boolean" };

/** Stands for a value that a field does not take. */
const UNREADABLE = Symbol("unreadable");
/**
 * What the schema of a field makes of a value, without a schema's work: a list may have a hundred thousand items. What it finds
 * unreadable, the schema explains.
 */
const readers = new WeakMap<z.ZodType, (value: unknown) => unknown>();

function readBy<S extends z.ZodType>(schema: S, reader: (value: unknown) => unknown): S {
  readers.set(schema, reader);
  return schema;
}

const required = <T>(read: Read<T>, shown: Shown) =>
  readBy(
    z
      .unknown()
      .transform((value, context): T => {
        if (value === undefined || value === null || value === "") {
          context.issues.push({ code: "custom", message: MISSING, input: value });
          return z.NEVER;
        }
        const out = read(value);
        if (out !== undefined) return out;
        context.issues.push({ code: "custom", message: WRONG_TYPE, input: value });
        return z.NEVER;
      })
      .meta(shown === TEXT ? { ...shown, minLength: 1 } : shown),
    (value) => (value === "" ? UNREADABLE : (read(value) ?? UNREADABLE)),
  );

const optional = <T>(read: Read<T>, shown: Shown) =>
  readBy(
    z
      .unknown()
      .transform((value, context): T | undefined => {
        if (value === undefined || value === null) return undefined;
        const out = read(value);
        if (out !== undefined) return out;
        context.issues.push({ code: "custom", message: WRONG_TYPE, input: value });
        return z.NEVER;
      })
      .optional()
      .meta(shown),
    (value) => (value === undefined || value === null ? undefined : (read(value) ?? UNREADABLE)),
  );

const withDefault = <T>(read: Read<T>, fallback: T, shown: Shown) =>
  readBy(
    optional(read, shown)
      .transform((value): T => value ?? fallback)
      .meta(shown),
    (value) => (value === undefined || value === null ? fallback : (read(value) ?? UNREADABLE)),
  );

export const requiredText = required(readText, TEXT);
export const text = optional(readText, TEXT);
/** A text whose absence means "": values of tags and params. */
export const textOrEmpty = withDefault(readText, "", TEXT);
/** Steps and timestamps of metrics, which may have all of 64 bits. */
export const requiredExactInt64 = required<Int64>(readInt64, INTEGER_64);
export const exactInt64 = optional<Int64>(readInt64, INTEGER_64);
export const exactInt64OrZero = withDefault<Int64>(readInt64, 0, INTEGER_64);
export const requiredInteger = required(readInteger, INTEGER_64);
export const int64 = optional(readInteger, INTEGER_64);
export const int64OrZero = withDefault(readInteger, 0, INTEGER_64);
export const requiredDouble = required(readDouble, DOUBLE);
export const double = optional(readDouble, DOUBLE);
export const requiredBool = required(readBoolean, BOOLEAN);
export const boolOrFalse = withDefault(readBoolean, false, BOOLEAN);
export const boolOrTrue = withDefault(readBoolean, true, BOOLEAN);

/** An int64 that must not exceed `max`. */
export const int64AtMost = (max: number) =>
  optional(
    (value) => {
      const out = readInteger(value);
      return out !== undefined && out <= max ? out : undefined;
    },
    { ...INTEGER_64, maximum: max },
  );

const repeated = new WeakSet<z.ZodType>();

/** Says whether a field is a repeated one: in a query, one value of it is a list of one. */
export const isRepeated = (schema: z.ZodType | undefined): boolean => schema !== undefined && repeated.has(schema);

function markRepeated<S extends z.ZodType>(schema: S): S {
  repeated.add(schema);
  return schema;
}

/** Far more than any call needs, and few enough to look at one by one. */
const MOST_ITEMS = 100_000;

/** The context of a transformation, as far as a fault needs it. */
interface Faults {
  readonly issues: { push(issue: { code: "custom"; message: string; path?: PropertyKey[]; input: unknown }): unknown };
}

/** Reads items up to the first fault. A schema of an array would tell of them all, which takes minutes and gigabytes for millions. */
function readItems<S extends z.ZodType>(
  item: S,
  readRow: RowReader<S> | undefined,
  value: unknown,
  { issues }: Faults,
): z.output<S>[] {
  const refuse = (message: string, path: PropertyKey[] = []) => {
    issues.push({ code: "custom", message, path, input: value });
    return z.NEVER;
  };
  if (!Array.isArray(value)) return refuse(WRONG_TYPE);
  if (value.length > MOST_ITEMS) return refuse(`A list has ${value.length} values; at most ${MOST_ITEMS} are allowed.`);
  const items: z.output<S>[] = [];
  for (let index = 0; index < value.length; index++) {
    const one: unknown = value[index];
    const row = readRow?.(one);
    if (row !== undefined) {
      items.push(row);
      continue;
    }
    const read = item.safeParse(one);
    if (read.success) {
      items.push(read.data);
      continue;
    }
    const issue = read.error.issues[0];
    return refuse(issue?.code === "custom" ? issue.message : WRONG_TYPE, [index, ...(issue?.path ?? [])]);
  }
  return items;
}

/** Gives undefined for what it cannot read. */
type RowReader<S extends z.ZodType> = (value: unknown) => z.output<S> | undefined;

/** Reads an object of plain fields; there is none where a field is not plain. */
function rowReader<S extends z.ZodType>(item: S): RowReader<S> | undefined {
  if (!(item instanceof z.ZodObject)) return undefined;
  const fields = Object.entries(item.shape).flatMap(([name, schema]) => {
    const read = readers.get(schema as z.ZodType);
    return read === undefined ? [] : [{ name, read }];
  });
  if (fields.length < Object.keys(item.shape).length) return undefined;
  return (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    const given = value as Readonly<Record<string, unknown>>;
    const row: Record<string, unknown> = {};
    for (const { name, read } of fields) {
      const found = read(given[name]);
      if (found === UNREADABLE) return undefined;
      if (found !== undefined) row[name] = found;
    }
    return row as z.output<S>;
  };
}

const shownItems = (item: z.ZodType): unknown => {
  const { $schema: _, ...shown } = z.toJSONSchema(item, { io: "input", unrepresentable: "any" });
  return shown;
};

/** A repeated field; absent means empty. */
export const list = <S extends z.ZodType>(item: S) => {
  const readRow = rowReader(item);
  return markRepeated(
    z
      .unknown()
      .transform((value, context): z.output<S>[] =>
        value === undefined || value === null ? [] : readItems(item, readRow, value, context),
      )
      .optional()
      .transform((items): z.output<S>[] => items ?? [])
      .meta({ type: ["array", "null"], items: shownItems(item) }),
  );
};

export const texts = list(textOrEmpty);

/** A repeated field that must be there; an empty list counts as given. */
export const requiredList = <S extends z.ZodType>(item: S) => {
  const readRow = rowReader(item);
  return markRepeated(
    z
      .unknown()
      .transform((value, context): z.output<S>[] => {
        if (value !== undefined && value !== null && value !== "") return readItems(item, readRow, value, context);
        context.issues.push({ code: "custom", message: MISSING, input: value });
        return z.NEVER;
      })
      .meta({ type: "array", items: shownItems(item) }),
  );
};

/** An enum by name, or by number in the order of `names` counted from `first`. As in protobuf, an unknown name is unset, an unknown number is a fault. */
export const enumOf = <const Names extends readonly string[]>(names: Names, first = 1) =>
  z
    .unknown()
    .transform((value, context): Names[number] | undefined => {
      if (value === undefined || value === null) return undefined;
      const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
      if (typeof number === "string") return names.find((known) => known === number);
      const name = typeof number === "number" ? names[number - first] : undefined;
      if (name !== undefined) return name;
      context.issues.push({ code: "custom", message: WRONG_TYPE, input: value });
      return z.NEVER;
    })
    .optional()
    .meta({ type: "string", enum: [...names] });

/** An enum that must be given; an unknown name is `names`' own word for that, its first. */
export const requiredEnumOf = <const Names extends readonly [string, ...string[]]>(names: Names, first = 1) =>
  z
    .unknown()
    .transform((value, context): unknown => {
      if (value !== undefined && value !== null && value !== "") return value;
      context.issues.push({ code: "custom", message: MISSING, input: value });
      return z.NEVER;
    })
    .pipe(enumOf(names, first))
    .transform((name): Names[number] => name ?? names[0])
    .meta({ type: "string", enum: [...names] });

/** The tags and params of a request. An absent key reads as "", which the store refuses. */
export const keyValues = list(z.object({ key: textOrEmpty, value: textOrEmpty }));
/** Where the request's own reader refuses an absent key, with its place in the list. */
export const keyedValues = list(z.object({ key: requiredText, value: textOrEmpty }));

export const searchFields = { filter: text, order_by: texts, page_token: text };

/** Drops what was not given, so that optional properties stay absent (`exactOptionalPropertyTypes`). */
export function given<T extends Record<string, unknown>>(object: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(object)) if (value !== undefined) out[key] = value;
  return out as { [K in keyof T]?: Exclude<T[K], undefined> };
}

/** A page token or filter that is "" counts as not given. */
export const nonEmpty = (value: string | undefined): string | undefined => (value === "" ? undefined : value);
