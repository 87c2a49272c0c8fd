import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { artifactListQuery, artifactTextQuery } from "../api/artifact-queries.ts";
import { type ArtifactSource, MOST_SHOWN } from "../api/artifact-source.ts";
import { useFormat, useText } from "../i18n/use-text.tsx";
import { DownloadIcon } from "../shell/icons.tsx";
import { Answer, Empty } from "../shell/states.tsx";
import classes from "./artifacts.module.css";
import { csvRows } from "./csv.ts";
import { JsonView } from "./json-view.tsx";
import { type FileKind, fileKind, fileName } from "./kinds.ts";
import { ParquetView } from "./parquet-view.tsx";
import { RowTable } from "./row-table.tsx";

const ROWS = 500;
/** Characters of a text that are drawn. */
const LONGEST = 500_000;
/** Characters of a JSON file that are parsed; a longer one is shown as text. */
const LONGEST_JSON = 5_000_000;

export function FileView({ source, path }: { source: ArtifactSource; path: string }) {
  const text = useText();
  const format = useFormat();
  const folder = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
  const entries = useQuery(artifactListQuery(source, folder)).data;
  const size = entries?.find((entry) => entry.path === path)?.fileSize;
  const kind = fileKind(path);
  return (
    <>
      <div className={classes.viewHead}>
        <strong>{path}</strong>
        {size === undefined ? null : <span>{format.bytes(size)}</span>}
        <Button
          component="a"
          href={source.url(path)}
          download={fileName(path)}
          variant="default"
          leftSection={<DownloadIcon size={14} />}
        >
          {text.common.download}
        </Button>
      </div>
      {kind === "parquet" && size !== undefined ? (
        <ParquetView source={source} path={path} size={size} />
      ) : size !== undefined && size > MOST_SHOWN ? (
        <Empty>{text.artifacts.tooLarge(format.bytes(size))}</Empty>
      ) : (
        <Preview source={source} path={path} kind={kind} />
      )}
    </>
  );
}

function Preview({ source, path, kind }: { source: ArtifactSource; path: string; kind: FileKind }) {
  const text = useText();
  if (kind === "other" || kind === "parquet") return <Empty>{text.artifacts.noPreview}</Empty>;
  if (kind === "image") return <img className={classes.image} src={source.url(path)} alt={path} />;
  return <TextPreview source={source} path={path} kind={kind} />;
}

function TextPreview({ source, path, kind }: { source: ArtifactSource; path: string; kind: FileKind }) {
  const query = useQuery(artifactTextQuery(source, path));
  return (
    <Answer query={query}>
      {(content) => {
        switch (kind) {
          case "svg":
            // As an image, whose scripts never run, and whatever type the server says the file has.
            return (
              <img
                className={classes.image}
                src={`data:image/svg+xml;charset=utf-8,${encodeURIComponent(content)}`}
                alt={path}
              />
            );
          case "html":
            return <Html content={content} path={path} />;
          case "csv":
            return <Csv content={content} separator={path.toLowerCase().endsWith(".tsv") ? "\t" : ","} />;
          case "json":
            return <JsonView content={content.slice(0, LONGEST_JSON)} text={<Plain content={content} />} />;
          default:
            return <Plain content={content} />;
        }
      }}
    </Answer>
  );
}

const Plain = ({ content }: { content: string }) => <pre className={classes.text}>{content.slice(0, LONGEST)}</pre>;

/** In a sandbox without scripts, forms or an origin: somebody's file must not act as this page. */
function Html({ content, path }: { content: string; path: string }) {
  const text = useText();
  return (
    <>
      <p className={classes.hint}>{text.artifacts.sandbox}</p>
      <iframe className={classes.html} sandbox="" srcDoc={content} title={path} />
    </>
  );
}

function Csv({ content, separator }: { content: string; separator: string }) {
  const text = useText();
  const [head = [], ...body] = csvRows(content, separator);
  const shown = body.slice(0, ROWS);
  return (
    <>
      <p className={classes.hint}>
        {shown.length < body.length
          ? text.artifacts.rowsShown(shown.length, body.length)
          : text.artifacts.rows(body.length)}
      </p>
      <RowTable columns={head} rows={shown} />
    </>
  );
}
