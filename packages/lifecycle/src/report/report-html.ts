import { escapeText } from "@esteira/models/pictures/svg";
import type { MonitorReport } from "../monitoring/monitor.ts";
import type { Language } from "../monitoring/reason-words.ts";
import { driftSection } from "./drift-section.ts";
import { identitySection } from "./identity-section.ts";
import { pageOf } from "./page.ts";
import { performanceSection } from "./performance-section.ts";
import { qualitySection } from "./quality-section.ts";
import { REPORT_CSS } from "./report-css.ts";
import { operationSection, summarySection } from "./summary-section.ts";
import { typologySection } from "./typology-section.ts";

/** The report as one standalone page: no scripts, nothing fetched, light or dark as the reader's system is. */
export function renderReportHtml(report: MonitorReport, options: { readonly language: Language }): string {
  const page = pageOf(report, options.language);
  const title = `${page.words.title} · ${report.identity.model} ${report.identity.version}`;
  const sections = [
    summarySection,
    typologySection,
    performanceSection,
    driftSection,
    qualitySection,
    operationSection,
    identitySection,
  ];
  return `<!doctype html>
<html lang="${options.language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark"><title>${escapeText(title)}</title>
<style>${REPORT_CSS}</style></head><body><main>
${sections.map((draw) => draw(page)).join("\n")}
</main></body></html>
`;
}
