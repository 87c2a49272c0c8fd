import type { FileInfo } from "@esteira/core/entities/file-info";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { artifactListQuery } from "../api/artifact-queries.ts";
import type { ArtifactSource } from "../api/artifact-source.ts";
import { useFormat, useText } from "../i18n/use-text.tsx";
import { ChevronIcon, FileIcon, FolderIcon } from "../shell/icons.tsx";
import { Answer } from "../shell/states.tsx";
import classes from "./artifacts.module.css";
import { fileName, foldersAbove } from "./kinds.ts";

interface FolderProps {
  readonly source: ArtifactSource;
  readonly path: string;
  readonly depth: number;
  /** The path of the open file; folders above it are unfolded. */
  readonly open: string | undefined;
  onOpen(path: string): void;
}

const INDENT = 14;

/** One folder's entries; folders in it are listed when they are unfolded. */
export function Folder({ source, path, depth, open, onOpen }: FolderProps) {
  const text = useText();
  const query = useQuery(artifactListQuery(source, path));
  return (
    <Answer query={query}>
      {(entries) =>
        entries.length === 0 ? (
          <p className={classes.none}>{text.artifacts.empty}</p>
        ) : (
          <ul className={classes.list}>
            {entries.map((entry) => (
              <li key={entry.path}>
                {entry.isDir ? (
                  <SubFolder entry={entry} source={source} depth={depth} open={open} onOpen={onOpen} />
                ) : (
                  <File entry={entry} depth={depth} open={open === entry.path} onOpen={onOpen} />
                )}
              </li>
            ))}
          </ul>
        )
      }
    </Answer>
  );
}

function SubFolder(props: Omit<FolderProps, "path"> & { entry: FileInfo }) {
  const { entry, depth, open } = props;
  const [unfolded, setUnfolded] = useState(open !== undefined && foldersAbove(open).includes(entry.path));
  return (
    <>
      <button
        type="button"
        className={classes.entry}
        style={{ paddingLeft: 6 + depth * INDENT }}
        aria-expanded={unfolded}
        onClick={() => setUnfolded(!unfolded)}
      >
        <span className={classes.chevron}>
          <ChevronIcon size={12} />
        </span>
        <FolderIcon size={14} />
        <span>{fileName(entry.path)}</span>
      </button>
      {unfolded ? (
        <Folder source={props.source} path={entry.path} depth={depth + 1} open={open} onOpen={props.onOpen} />
      ) : null}
    </>
  );
}

function File(props: { entry: FileInfo; depth: number; open: boolean; onOpen(path: string): void }) {
  const format = useFormat();
  const { entry } = props;
  return (
    <button
      type="button"
      className={classes.entry}
      style={{ paddingLeft: 24 + props.depth * INDENT }}
      aria-current={props.open ? "true" : undefined}
      onClick={() => props.onOpen(entry.path)}
    >
      <FileIcon size={14} />
      <span>{fileName(entry.path)}</span>
      <small>{entry.fileSize === undefined ? "" : format.bytes(entry.fileSize)}</small>
    </button>
  );
}
