import { lexer, type Token, type Tokens } from "marked";
import { Children, type ReactNode } from "react";
import classes from "./markdown.module.css";
import { safeHref } from "./safe-href.ts";

/** Somebody's Markdown as elements of ours: HTML in it is text, pictures are links, and no link can run anything. */
export default function Markdown({ source }: { source: string }) {
  return <div className={classes.markdown}>{blocks(lexer(source, { gfm: true, breaks: true }))}</div>;
}

/** Elements in their order: a note is drawn anew as a whole, so their places are their keys. */
function each<T>(items: readonly T[], draw: (item: T) => ReactNode): ReactNode {
  return Children.toArray(items.map(draw));
}

const blocks = (tokens: readonly Token[]): ReactNode => each(tokens, block);
const inlines = (tokens: readonly Token[] | undefined): ReactNode => each(tokens ?? [], inline);

// Headings of a note stand below those of the page.
const HEADINGS = ["h3", "h4", "h5", "h6", "h6", "h6"] as const;

function block(token: Token): ReactNode {
  switch (token.type) {
    case "space":
    case "def":
      return null;
    case "heading": {
      const Heading = HEADINGS[Number(token.depth) - 1] ?? "h6";
      return <Heading>{inlines(token.tokens)}</Heading>;
    }
    case "paragraph":
      return <p>{inlines(token.tokens)}</p>;
    case "hr":
      return <hr />;
    case "blockquote":
      return <blockquote>{blocks(token.tokens ?? [])}</blockquote>;
    case "code":
      return (
        <pre>
          <code>{String(token.text)}</code>
        </pre>
      );
    case "list":
      return isList(token) ? <List list={token} /> : null;
    case "table":
      return isTable(token) ? <Table table={token} /> : null;
    case "html":
      return <p>{token.raw.trimEnd()}</p>;
    default:
      return <>{inline(token)}</>;
  }
}

const isList = (token: Token): token is Tokens.List => token.type === "list" && "items" in token;
const isTable = (token: Token): token is Tokens.Table => token.type === "table" && "rows" in token;

function List({ list }: { list: Tokens.List }) {
  const items = each(list.items, listItem);
  return list.ordered ? <ol start={Number(list.start) || 1}>{items}</ol> : <ul>{items}</ul>;
}

const listItem = (item: Tokens.ListItem): ReactNode => (
  <li>
    {item.task ? (item.checked ? "☑ " : "☐ ") : null}
    {blocks(item.tokens)}
  </li>
);

function Table({ table }: { table: Tokens.Table }) {
  return (
    <div className={classes.frame}>
      <table>
        <thead>
          <tr>{each(table.header, headCell)}</tr>
        </thead>
        <tbody>{each(table.rows, bodyRow)}</tbody>
      </table>
    </div>
  );
}

const headCell = (cell: Tokens.TableCell): ReactNode => <th scope="col">{inlines(cell.tokens)}</th>;
const bodyCell = (cell: Tokens.TableCell): ReactNode => <td>{inlines(cell.tokens)}</td>;
const bodyRow = (row: readonly Tokens.TableCell[]): ReactNode => <tr>{each(row, bodyCell)}</tr>;

function inline(token: Token): ReactNode {
  switch (token.type) {
    case "strong":
      return <strong>{inlines(token.tokens)}</strong>;
    case "em":
      return <em>{inlines(token.tokens)}</em>;
    case "del":
      return <del>{inlines(token.tokens)}</del>;
    case "codespan":
      return <code>{String(token.text)}</code>;
    case "br":
      return <br />;
    case "link":
      return <Outward href={String(token.href)}>{inlines(token.tokens)}</Outward>;
    case "image":
      return <Outward href={String(token.href)}>{String(token.text) || String(token.href)}</Outward>;
    case "escape":
      return String(token.text);
    case "html":
    case "tag":
      return token.raw;
    case "text":
      return "tokens" in token && token.tokens !== undefined ? inlines(token.tokens) : unescaped(String(token.text));
    default:
      return token.raw;
  }
}

/** Markdown knows the characters' names of HTML; in elements of ours they are themselves. */
const unescaped = (text: string): string =>
  text.replaceAll(/&(amp|lt|gt|quot|#39);/g, (whole, name: string) => NAMED[name] ?? whole);
const NAMED: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };

function Outward({ href, children }: { href: string; children: ReactNode }) {
  const safe = safeHref(href);
  if (safe === undefined) return <>{children}</>;
  return (
    <a href={safe} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  );
}
