import { invalid } from "@esteira/core/errors";
import { nestsTooDeep } from "@esteira/core/yaml-depth";
import { type Document, isMap, LineCounter, parseDocument } from "yaml";
import type { z } from "zod";
import { keyOffset, offsetOf, oneLine } from "./yaml-places.ts";

/** What is wrong with one value of a file. */
export interface YamlFault {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/**
 * Reads a YAML file by its schema. Every fault is said with its place (`monitor.yaml:7:5`), all of them at once, as one INVALID_PARAMETER_VALUE.
 *
 * `file` is the name that the message uses and `subject` what the whole is (`the flow`). `contradictions` finds what each part says well and all
 * together cannot be; it is asked only of what the schema has accepted.
 */
export function readYaml<Schema extends z.ZodType>(
  text: string,
  schema: Schema,
  options: {
    readonly file: string;
    readonly subject: string;
    readonly contradictions?: (value: z.output<Schema>) => readonly YamlFault[];
  },
): z.output<Schema> {
  const { file, subject, contradictions } = options;
  if (nestsTooDeep(text)) throw invalid(`${file}: it nests too deep to be read.`);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const refusal = (faults: readonly Fault[]) => {
    const sorted = [...faults].sort((a, b) => a.offset - b.offset);
    const said = sorted.map(({ offset, message }) => {
      const { line, col } = lines.linePos(offset);
      return `${file}:${line}:${col}: ${oneLine(message)}`;
    });
    return invalid(said.join("\n"));
  };
  if (document.errors.length > 0)
    throw refusal(document.errors.map(({ pos, message }) => ({ offset: pos[0], message })));
  // An empty file is a mapping without settings: then the settings that it lacks are named.
  const parsed = schema.safeParse(document.toJS({ maxAliasCount: 100 }) ?? {});
  if (!parsed.success) throw refusal(parsed.error.issues.flatMap((issue) => locate(issue, document, subject)));
  const found = contradictions?.(parsed.data) ?? [];
  if (found.length > 0)
    throw refusal(found.map(({ path, message }) => ({ offset: offsetOf(document, path), message })));
  return parsed.data;
}

interface Fault {
  readonly offset: number;
  readonly message: string;
}

function locate(issue: z.core.$ZodIssue, document: Document, whole: string): readonly Fault[] {
  const path = issue.path.filter((part) => typeof part !== "symbol");
  const subject = nameOf(path) || whole;
  if (issue.code === "unrecognized_keys") {
    const map = path.length === 0 ? document.contents : document.getIn(path, true);
    return issue.keys.map((key) => ({
      offset: (isMap(map) ? keyOffset(map, key) : undefined) ?? offsetOf(document, path),
      message: `${subject} has no setting ${key}`,
    }));
  }
  // A key that is no name is where the fault is, and not what stands behind it.
  if (issue.code === "invalid_key")
    return [{ offset: keyPlace(document, path), message: `${subject}: ${issue.issues[0]?.message ?? issue.message}` }];
  return [{ offset: offsetOf(document, path), message: `${subject}: ${issue.message}` }];
}

/** `rules[0].above`. */
const nameOf = (path: readonly PropertyKey[]): string => path.join(".").replace(/\.(\d+)(?=\.|$)/g, "[$1]");

function keyPlace(document: Document, path: readonly PropertyKey[]): number {
  const map = document.getIn(path.slice(0, -1), true);
  return (isMap(map) ? keyOffset(map, String(path.at(-1))) : undefined) ?? offsetOf(document, path);
}
