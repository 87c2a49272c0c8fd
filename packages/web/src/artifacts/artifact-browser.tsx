import type { ArtifactSource } from "../api/artifact-source.ts";
import { useText } from "../i18n/use-text.tsx";
import { Mono } from "../shell/page.tsx";
import { Empty } from "../shell/states.tsx";
import classes from "./artifacts.module.css";
import { FileView } from "./file-view.tsx";
import { Folder } from "./folder.tsx";

export interface ArtifactRoot {
  /** Names the root in the URL; the first has none. */
  readonly id: string | undefined;
  readonly title: string;
  /** Undefined when the server does not serve these files. */
  readonly source: ArtifactSource | undefined;
  readonly uri: string;
}

interface ArtifactBrowserProps {
  readonly roots: readonly ArtifactRoot[];
  readonly open: { readonly root: string | undefined; readonly path: string | undefined };
  onOpen(root: string | undefined, path: string): void;
}

/** Files at the left, the one that is open at the right. */
export function ArtifactBrowser({ roots, open, onOpen }: ArtifactBrowserProps) {
  const text = useText();
  const current = roots.find(({ id }) => id === open.root)?.source;
  return (
    <div className={classes.browser}>
      <nav className={classes.tree} aria-label={text.artifacts.tree}>
        {roots.map((root) => (
          <div key={root.uri} className={classes.root}>
            {roots.length > 1 ? <h3 className={classes.rootTitle}>{root.title}</h3> : null}
            {root.source ? (
              <Folder
                source={root.source}
                path=""
                depth={0}
                open={open.root === root.id ? open.path : undefined}
                onOpen={(path) => onOpen(root.id, path)}
              />
            ) : (
              <p className={classes.notProxied}>
                {text.artifacts.notProxied} <Mono>{root.uri}</Mono>
              </p>
            )}
          </div>
        ))}
      </nav>
      <div className={classes.view}>
        {current && open.path ? (
          <FileView key={`${current.key} ${open.path}`} source={current} path={open.path} />
        ) : (
          <Empty>{text.artifacts.pick}</Empty>
        )}
      </div>
    </div>
  );
}
