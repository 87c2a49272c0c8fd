import { SegmentedControl } from "@mantine/core";
import { type ReactNode, useMemo, useState } from "react";
import { useText } from "../i18n/use-text.tsx";
import classes from "./artifacts.module.css";
import { JsonTree } from "./json-tree.tsx";
import { loggedTable } from "./logged-table.ts";
import { RowTable } from "./row-table.tsx";

const ROWS = 500;
type Look = "tree" | "table" | "text";

/** A JSON file: a table where it holds one, else a tree, or as it is written. `text` is how it looks as text. */
export function JsonView({ content, text: plain }: { content: string; text: ReactNode }) {
  const text = useText();
  const value = useMemo(() => parsed(content), [content]);
  const table = useMemo(() => loggedTable(value?.json), [value]);
  const [chosen, setLook] = useState<Look>();
  if (value === undefined) {
    return (
      <>
        <p className={classes.hint}>{text.artifacts.notJson}</p>
        {plain}
      </>
    );
  }
  const looks: readonly (readonly [Look, string])[] = [
    ...(table === undefined ? [] : [["table", text.artifacts.asTable] as const]),
    ["tree", text.artifacts.asTree],
    ["text", text.artifacts.asText],
  ];
  const look = chosen ?? looks[0]?.[0];
  return (
    <>
      <div className={classes.looks}>
        <SegmentedControl
          aria-label={text.artifacts.shownAs}
          value={look ?? "tree"}
          onChange={(next) => setLook(looks.find(([one]) => one === next)?.[0])}
          data={looks.map(([id, label]) => ({ value: id, label }))}
        />
        {table !== undefined && look === "table" ? (
          <span className={classes.hint}>
            {table.rows.length > ROWS
              ? text.artifacts.rowsShown(ROWS, table.rows.length)
              : text.artifacts.rows(table.rows.length)}
          </span>
        ) : null}
      </div>
      {look === "table" && table !== undefined ? (
        <RowTable columns={table.columns} rows={table.rows.slice(0, ROWS)} />
      ) : look === "text" ? (
        plain
      ) : (
        <JsonTree value={value.json} />
      )}
    </>
  );
}

function parsed(content: string): { readonly json: unknown } | undefined {
  try {
    return { json: JSON.parse(content) };
  } catch {
    return undefined;
  }
}
