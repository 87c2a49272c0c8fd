/** docs/how-to/use-your-own-ledger.md, done as it says. */
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { uniform } from "../features/random-ledger.testing.ts";
import { jobCanRun, jobFolder } from "./run-job.testing.ts";

const guide = readFileSync(
  fileURLToPath(new URL("../../../docs/how-to/use-your-own-ledger.md", import.meta.url)),
  "utf8",
);
const block = (language: string): string => {
  const found = new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(guide)?.[1];
  if (found === undefined) throw new Error(`The guide has no ${language} block.`);
  return found;
};
const SAMPLE = block("csv");
/** `npm run pix -- --ledger transfers.csv --mapping mapping.yaml` as the job's arguments. */
const COMMAND = (block("sh").split("\n")[0] ?? "").replace(/^npm run pix -- /, "").split(" ");
const canRun = await jobCanRun();

/** A file as the guide describes it: mules take most of what is stolen, and are reported two to ten days later. */
function ownFile(days: number): string {
  const next = uniform(5);
  const [header = ""] = SAMPLE.split("\n");
  const lines = [header];
  const clock = (time: number) => new Date(time).toISOString().slice(0, 19).replace("T", " ");
  const start = Date.UTC(2026, 0, 1);
  const perDay = 250;
  for (let at = 0; at < days * perDay; at++) {
    const time = start + (at * 86_400_000) / perDay;
    const payee = Math.floor(next() * 300);
    // Most payments to mules are fraud, and some to anyone.
    const isFraud = next() < (payee < 12 ? 0.8 : 0.005);
    const amount = isFraud ? 50 + 900 * next() ** 2 : 5 + 500 * next() ** 3;
    const known = isFraud ? clock(time + (2 + 8 * next()) * 86_400_000) : "";
    lines.push(
      `E${at};${clock(time)};c${Math.floor(next() * 2000)};p${payee};${amount.toFixed(2)};${isFraud ? 1 : 0};${known}`,
    );
  }
  return `${lines.join("\n")}\n`;
}

describe.skipIf(!canRun)("the guide to one's own ledger", { timeout: 180_000 }, () => {
  let job: Awaited<ReturnType<typeof jobFolder>>;
  beforeAll(async () => {
    job = await jobFolder();
    await writeFile(join(job.folder, "mapping.yaml"), block("yaml"));
  });
  afterAll(() => job.remove());
  const run = async (text: string) => {
    await writeFile(join(job.folder, "transfers.csv"), text);
    return job.run(...COMMAND.map((word) => (word.startsWith("--") ? word : join(job.folder, word))));
  };

  test("its command ends with the model that it names", async () => {
    const { error, exit, lines } = await run(ownFile(90));
    expect(error).toBeUndefined();
    expect(exit).toBe(lines.some((line) => line.includes("REFUSED")) ? 3 : 0);
    expect(lines.join("\n")).toContain("models:/ledger-fraud/");
    expect(lines.join("\n")).toContain("served features differ from the table in 0 rows");
    await job.look(async (client) => {
      expect((await client.registeredModels.findByAlias("ledger-fraud", "champion"))?.currentStage).toBe("Production");
    });
  });

  test("each refusal that it lists is what the job says", async () => {
    const mend: [change: (text: string) => string, shown: string][] = [
      [(text) => text.replace("valor", "montante"), "has no column valor; it has"],
      [(text) => text.replace("1200.00", "1.200,00"), "the amount is '1.200,00'"],
      [(text) => text.replace("1200.00", "-5.00"), "the amount is -5;"],
      [(text) => text.replace("E2", "E1"), "the id 'E1' stands already in row 2"],
      [(text) => text.replace("08:07:12", "07:00:00"), "lies before the row above"],
      [(text) => text.replace("2026-01-01 08:03:36", "2026-01-01T08:03:36Z"), "has a zone, the rows before lack one"],
      [(text) => text.replace("bia;carlos", "bia;bia"), "'bia' pays itself"],
      [(text) => text.replace(";1;", ";sim;"), "the label is 'sim'"],
      [(text) => text.replace(/;1;.*/, ";0;"), "both classes are needed"],
      [(text) => text, "at least 60 are needed"],
    ];
    const listed = [...guide.matchAll(/^\| `(.+?)` +\| [a-z]/gm)]
      .map((match) => match[1] ?? "")
      .filter((sentence) => sentence.includes(" "));
    expect(listed).toHaveLength(mend.length);
    for (const [change, shown] of mend) {
      const sentence = listed.find((item) => item.includes(shown));
      const { error } = await run(change(SAMPLE));
      expect(error instanceof Error ? error.message : "accepted").toContain(sentence ?? `the guide says: ${shown}`);
    }
  });
});
