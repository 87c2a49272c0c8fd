import { queryOptions } from "@tanstack/react-query";
import type { ArtifactSource } from "./artifact-source.ts";

export const artifactListQuery = (source: ArtifactSource, path: string) =>
  queryOptions({ queryKey: ["artifacts", source.key, path], queryFn: () => source.list(path) });

export const artifactTextQuery = (source: ArtifactSource, path: string) =>
  queryOptions({
    queryKey: ["artifact-text", source.key, path],
    staleTime: 60_000,
    queryFn: () => source.readText(path),
  });
