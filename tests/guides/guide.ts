/** One step of a guide: a fenced block, and what its output must hold. */
export interface Step {
  readonly line: number;
  /** `sh` blocks are run, one after the other, in one folder. Others are written to the file that they name. */
  readonly kind: "run" | "background" | "file";
  readonly text: string;
  readonly file?: string;
  /** From `needs=spark` behind the fence: where there is none, this step alone is left out, with the reason. */
  readonly needs?: "spark";
  /** Regular expressions, from `<!-- expect: ... -->` lines behind the block. */
  readonly expects: readonly RegExp[];
}

export interface Guide {
  readonly steps: readonly Step[];
  /** From `<!-- needs: python, postgresql -->`. */
  readonly needs: readonly string[];
}

const FENCE = /^```(\w+)\s*(.*)$/;

/**
 * The steps of a guide's Markdown. `sh` runs, `sh background` runs until the end of the guide, a block of another language
 * with `file=NAME` behind it is written to that file; every other block is only to be read. `needs=spark` marks a step
 * that is left out where there is no Spark.
 */
export function parseGuide(markdown: string): Guide {
  const steps: Step[] = [];
  const lines = markdown.split("\n");
  const needs = /<!-- needs: (.+?) -->/.exec(markdown)?.[1]?.split(/,\s*/) ?? [];
  for (let at = 0; at < lines.length; at++) {
    const expect = /^<!-- expect: (.+) -->$/.exec(lines[at] ?? "")?.[1];
    if (expect !== undefined) {
      const last = steps.pop();
      if (last === undefined) throw new Error(`line ${at + 1}: an expectation without a block before it`);
      steps.push({ ...last, expects: [...last.expects, new RegExp(expect)] });
      continue;
    }
    const [, language, info = ""] = FENCE.exec(lines[at] ?? "") ?? [];
    if (language === undefined) continue;
    const end = lines.indexOf("```", at + 1);
    if (end < 0) throw new Error(`line ${at + 1}: the block does not end`);
    const text = `${lines.slice(at + 1, end).join("\n")}\n`;
    const file = /(?:^|\s)file=(\S+)/.exec(info)?.[1];
    const need = /(?:^|\s)needs=(\S+)/.exec(info)?.[1];
    if (need !== undefined && need !== "spark") throw new Error(`line ${at + 1}: steps can need spark, not ${need}`);
    const needed: Pick<Step, "needs"> = need === undefined ? {} : { needs: need };
    if (file !== undefined) steps.push({ line: at + 1, kind: "file", text, file, expects: [], ...needed });
    else if (language === "sh") {
      const kind = info.includes("background") ? "background" : "run";
      steps.push({ line: at + 1, kind, text, expects: [], ...needed });
    }
    at = end;
  }
  return { steps, needs };
}
