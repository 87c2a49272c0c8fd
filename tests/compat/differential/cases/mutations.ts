import type { Case } from "../case.ts";

/** A call that works, each of whose fields is then spoilt in every way. */
export interface Baseline {
  readonly method: Case["method"];
  readonly path: string;
  readonly fields: Readonly<Record<string, unknown>>;
  /** The fields to spoil; all when absent. */
  readonly only?: readonly string[];
}

const SPOILT: readonly unknown[] = [undefined, null, "", "x", 5, -1, 1.5, true, [], {}, ["x"], [{}], { key: "x" }];

export function spoil({ method, path, fields, only }: Baseline): readonly Case[] {
  return (only ?? Object.keys(fields)).flatMap((name) =>
    SPOILT.map((value): Case => {
      const { [name]: _, ...rest } = fields;
      const body = value === undefined ? rest : { ...rest, [name]: value };
      return { method, path, body, spoilt: name };
    }),
  );
}
