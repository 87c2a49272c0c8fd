/** Several processes' series in Prometheus's text format as those of one server: counts and gauges add up. */

/** Of these the largest counts: each process replaces its model by itself, and all of them the same one. */
const LARGEST = new Set(["esteira_scoring_model_generation"]);

const SAMPLE = /^([A-Za-z_:][\w:]*)(\{.*\})? (\S+)$/;

export function mergeMetrics(texts: readonly string[]): string {
  const lines: string[] = [];
  const seen = new Map<string, number>();
  const values = new Map<string, number>();
  for (const text of texts) {
    let after = 0;
    for (const line of text.split("\n")) {
      if (line === "") continue;
      const sample = SAMPLE.exec(line);
      const key = sample ? `${sample[1]}${sample[2] ?? ""}` : line;
      const known = seen.get(key);
      if (known === undefined) {
        // A series that the first process did not have goes where this one has it: after the line before.
        lines.splice(after, 0, key);
        for (let i = after; i < lines.length; i++) seen.set(lines[i]!, i);
        after++;
      } else after = known + 1;
      if (sample === null) continue;
      const value = sample[3] === "+Inf" ? Number.POSITIVE_INFINITY : Number(sample[3]);
      const before = values.get(key);
      values.set(
        key,
        before === undefined ? value : LARGEST.has(sample[1]!) ? Math.max(before, value) : before + value,
      );
    }
  }
  return lines
    .map((line) => {
      const value = values.get(line);
      return value === undefined ? `${line}\n` : `${line} ${value === Number.POSITIVE_INFINITY ? "+Inf" : value}\n`;
    })
    .join("");
}
