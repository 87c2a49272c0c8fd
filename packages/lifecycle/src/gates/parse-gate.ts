import { createHash } from "node:crypto";
import { invalid } from "@esteira/core/errors";
import { nestsTooDeep } from "@esteira/core/yaml-depth";
import { type Document, isMap, LineCounter, parseDocument } from "yaml";
import type { z } from "zod";
import { keyOffset, offsetOf, oneLine } from "../yaml-places.ts";
import { CATALOGUE, type Gate, gateSchema } from "./gate.ts";

/** SHA-256 of the gate's text: evidence is bound to the very rules it was judged by. */
export const gateDigest = (text: string): string => `sha256:${createHash("sha256").update(text).digest("hex")}`;

/**
 * Reads a gate. Every fault is said with its place (`gate.yaml:7:5`), all of them at once, as one INVALID_PARAMETER_VALUE.
 * `file` is the name that the message uses.
 */
export function parseGate(text: string, file = "gate.yaml"): Gate {
  if (nestsTooDeep(text)) throw invalid(`${file}: it nests too deep to be a gate.`);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  if (document.errors.length > 0)
    throw invalid(document.errors.map((error) => `${place(error.pos[0])}: ${oneLine(error.message)}`).join("\n"));
  const parsed = gateSchema.safeParse(document.toJS({ maxAliasCount: 100 }));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.flatMap((issue) =>
    locate(issue, document).map(({ offset, message }) => ({ offset, text: `${place(offset)}: ${message}` })),
  );
  faults.sort((a, b) => a.offset - b.offset);
  throw invalid(faults.map((fault) => fault.text).join("\n"));
}

interface Fault {
  readonly offset: number;
  readonly message: string;
}

function locate(issue: z.core.$ZodIssue, document: Document): Fault[] {
  const path = issue.path.filter((part) => typeof part !== "symbol");
  const name = path.join(".").replace(/\.(\d+)/g, "[$1]");
  const subject = name === "" ? "the gate" : name;
  if (issue.code === "unrecognized_keys") {
    const map = document.getIn(path, true);
    return issue.keys.map((key) => ({
      offset: (isMap(map) ? keyOffset(map, key) : undefined) ?? offsetOf(document, path),
      message: `${subject} has no setting ${key}; ${oneLine(knownSettings(map, document))}`,
    }));
  }
  if (issue.code === "invalid_union" && path.at(-1) === "check") {
    const given = String(document.getIn(path) ?? "nothing");
    return [
      {
        offset: offsetOf(document, path),
        message: `${subject} is ${given}; known checks are ${Object.keys(CATALOGUE).join(", ")}`,
      },
    ];
  }
  return [{ offset: offsetOf(document, path), message: `${subject}: ${oneLine(issue.message)}` }];
}

function knownSettings(map: unknown, document: Document): string {
  const kind = isMap(map) && map !== document.contents ? map.get("check") : undefined;
  for (const [name, check] of Object.entries(CATALOGUE)) {
    if (name === kind) return `a ${name} check has ${Object.keys(check.settings.shape).slice(1).join(", ")}`;
  }
  return map === document.contents ? `a gate has ${Object.keys(gateSchema.shape).join(", ")}` : "remove it";
}
