import { EsteiraError } from "@esteira/core/errors";
import { Button, Skeleton } from "@mantine/core";
import type { ReactNode } from "react";
import type { Catalogue } from "../i18n/en.ts";
import { useText } from "../i18n/use-text.tsx";
import classes from "./page.module.css";

const sentence = (error: unknown, text: Catalogue): string => {
  const code = error instanceof EsteiraError ? error.code : undefined;
  if (code === "TEMPORARILY_UNAVAILABLE") return text.failure.unreachable;
  if (code === "RESOURCE_DOES_NOT_EXIST") return text.failure.absent;
  if (code === "PERMISSION_DENIED" || code === "UNAUTHENTICATED") return text.failure.forbidden;
  return text.failure.other;
};

/** What went wrong in the reader's language, the server's own words below it, and a way to try again. */
export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const text = useText();
  return (
    <div className={classes.state} role="alert">
      <p>{sentence(error, text)}</p>
      <p className={classes.detail}>{error instanceof Error ? error.message : String(error)}</p>
      {retry ? (
        <Button variant="default" onClick={retry}>
          {text.common.tryAgain}
        </Button>
      ) : null}
    </div>
  );
}

export function Empty({ children }: { children: ReactNode }) {
  return <div className={classes.state}>{children}</div>;
}

export function Loading({ lines = 6 }: { lines?: number }) {
  const text = useText();
  return (
    <div role="status" aria-label={text.common.loading}>
      {Array.from({ length: lines }, (_, line) => `line ${line}`).map((key) => (
        <Skeleton key={key} height={14} my={12} radius="sm" />
      ))}
    </div>
  );
}

interface Asked<T> {
  readonly data: T | undefined;
  readonly error: unknown;
  refetch(): unknown;
}

/** Shows what a query has: its data, else its failure, else that it is loading. */
export function Answer<T>({ query, children }: { query: Asked<T>; children: (data: T) => ReactNode }) {
  if (query.data !== undefined) return children(query.data);
  if (query.error) return <Failure error={query.error} retry={() => query.refetch()} />;
  return <Loading />;
}
