import type { Language } from "../monitoring/reason-words.ts";
import type { ModelCard } from "./card.ts";
import type { Block, Cell, Section } from "./document.ts";
import { writeDocument } from "./write-document.ts";

/** The card for a repository or a model's description: CommonMark with tables. */
export function renderCardMarkdown(card: ModelCard, options: { readonly language: Language }): string {
  const document = writeDocument(card, options.language);
  const badges = document.badges.map((badge) => plain(badge.text)).join(" · ");
  const figures = document.figures.map(
    ({ name, value, more }) => `- **${plain(name)}**: ${plain(value)}${more === "" ? "" : ` (${plain(more)})`}`,
  );
  return `${[
    `# ${plain(document.kicker)}: ${plain(document.name)} ${plain(document.version)}`,
    [plain(document.note), badges].filter((text) => text !== "").join("  \n"),
    ...(figures.length === 0 ? [] : [figures.join("\n")]),
    ...document.sections.map(section),
  ].join("\n\n")}\n`;
}

const section = ({ title, note, blocks }: Section): string =>
  [`## ${plain(title)}`, ...(note === undefined ? [] : [plain(note)]), ...blocks.map(block)].join("\n\n");

function block(of: Block): string {
  switch (of.kind) {
    case "text":
      return plain(of.text);
    case "list":
      return of.items.map(({ text, badge }) => `- ${badge === "act" ? "**⚠** " : ""}${plain(text)}`).join("\n");
    case "facts":
      return of.rows.map(({ name, cells }) => `- **${plain(name)}**: ${cells.map(cell).join("; ")}`).join("\n");
    case "table": {
      // A share that is drawn stands in figures beside its drawing.
      const kept = of.columns.flatMap((_, at) => (of.rows.some((row) => row[at]?.share !== undefined) ? [] : [at]));
      const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
      return [
        line(kept.map((at) => plain(of.columns[at]?.head ?? "") || " ")),
        line(kept.map((at) => (of.columns[at]?.isText === true ? "---" : "---:"))),
        ...of.rows.map((row) => line(kept.map((at) => cell(row[at] ?? { text: "" })))),
      ].join("\n");
    }
  }
}

const cell = ({ text, isCode, more }: Cell): string => {
  const said = isCode === true ? codeSpan(text) : plain(text);
  return more === undefined || more === "" ? said : `${said} (${plain(more)})`;
};

/** Every sign that Markdown or HTML would take for its own is one to be read: names and descriptions are anybody's. */
const plain = (text: string): string =>
  text
    .replace(/\p{Cc}+/gu, " ")
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/[\\`*_{}[\]()#+!|>~]/g, (sign) => `\\${sign}`)
    .replace(/(https?|ftp):/gi, "$1&#58;")
    .replace(/www\./gi, "www&#46;")
    .replace(/@/g, "&#64;")
    .trim();

/** Only what is a digest, an id or a path stands as code: there nothing can be escaped. */
const codeSpan = (text: string): string => (/^[\w:/.+@=-]+$/.test(text) ? `\`${text}\`` : plain(text));
