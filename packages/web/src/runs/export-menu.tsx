import { Button, Menu } from "@mantine/core";
import { useState } from "react";
import { useText } from "../i18n/use-text.tsx";
import { DownloadIcon } from "../shell/icons.tsx";
import type { Column } from "./columns.ts";
import { csvOf, download, type ExportFormat, exportedColumns, fileName, parquetOf } from "./export.ts";
import type { Frame } from "./frame.ts";
import type { Notify } from "./notices.tsx";
import type { RunsSearch } from "./search.ts";

interface ExportMenuProps {
  readonly experiment: string;
  readonly name: string;
  readonly search: RunsSearch;
  readonly frame: Frame | undefined;
  readonly rows: Int32Array;
  readonly columns: readonly Column[];
  readonly notify: Notify;
}

/** The table as a file: all of its runs, in its order, with its columns. */
export function ExportMenu({ experiment, name, search, frame, rows, columns, notify }: ExportMenuProps) {
  const text = useText();
  const [isBusy, setBusy] = useState(false);
  const write = async (format: ExportFormat) => {
    if (frame === undefined) return;
    setBusy(true);
    try {
      const exported = await exportedColumns(experiment, search, frame, rows, columns);
      download(format === "csv" ? csvOf(exported) : await parquetOf(exported), fileName(name, format));
      notify({ text: text.runs.exported(rows.length) });
    } catch (error) {
      notify({ text: error instanceof Error ? error.message : String(error), isFault: true });
    } finally {
      setBusy(false);
    }
  };
  return (
    <Menu position="bottom-end" shadow="md" withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <Button
          variant="default"
          leftSection={<DownloadIcon size={14} />}
          loading={isBusy}
          disabled={frame === undefined || rows.length === 0}
        >
          {text.runs.export}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{text.runs.exportHint(rows.length)}</Menu.Label>
        <Menu.Item onClick={() => void write("csv")}>CSV</Menu.Item>
        <Menu.Item onClick={() => void write("parquet")}>Parquet</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
