/** A report as files: two pages and the figures. */

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { MonitorReport } from "@esteira/lifecycle/monitoring/monitor";
import { renderReportHtml } from "@esteira/lifecycle/report/report-html";
import { writeWhole } from "../whole-file.ts";

export interface ReportFile {
  readonly name: string;
  readonly content: string;
}

export const reportFiles = (report: MonitorReport): readonly ReportFile[] => [
  { name: "monitor.json", content: `${JSON.stringify(report, null, 1)}\n` },
  { name: "monitor.en.html", content: renderReportHtml(report, { language: "en" }) },
  { name: "monitor.pt-BR.html", content: renderReportHtml(report, { language: "pt-BR" }) },
];

/** Each is whole or as it was before. */
export async function writeReportFiles(folder: string, files: readonly ReportFile[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { name, content } of files) await writeWhole(join(folder, name), content);
}
