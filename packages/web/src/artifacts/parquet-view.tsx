import { useQuery } from "@tanstack/react-query";
import type { ArtifactSource } from "../api/artifact-source.ts";
import { useFormat, useText } from "../i18n/use-text.tsx";
import { Empty, Failure, Loading } from "../shell/states.tsx";
import classes from "./artifacts.module.css";
import { NoPreview, parquetStart, rangedFile } from "./parquet.ts";
import { RowTable } from "./row-table.tsx";

/** The first rows of a Parquet file, of which only what they need is fetched. `size` is in bytes. */
export function ParquetView({ source, path, size }: { source: ArtifactSource; path: string; size: number }) {
  const text = useText();
  const format = useFormat();
  const query = useQuery({
    queryKey: ["parquet", source.key, path, size],
    staleTime: 60_000,
    queryFn: () => parquetStart(rangedFile(source.url(path), size)),
  });
  if (query.error instanceof NoPreview) {
    const { reason, detail } = query.error;
    return (
      <Empty>
        {reason === "large" ? text.artifacts.tooLarge(format.bytes(Number(detail))) : text.artifacts.codec(detail)}
      </Empty>
    );
  }
  if (query.error) return <Failure error={query.error} retry={() => query.refetch()} />;
  if (query.data === undefined) return <Loading />;
  const { columns, rows, total } = query.data;
  return (
    <>
      <p className={classes.hint}>
        {rows.length < total ? text.artifacts.rowsShown(rows.length, total) : text.artifacts.rows(total)}
      </p>
      <RowTable columns={columns} rows={rows} />
    </>
  );
}
