import type { ArtifactSource, ArtifactStore } from "@esteira/store/artifacts/artifact-store";
import type { ServerMetrics } from "./server-metrics.ts";

/** The same store, with the bytes counted that go in and out. */
export function meteredArtifacts(store: ArtifactStore, { artifactBytes }: ServerMetrics): ArtifactStore {
  return {
    ...store,
    write: (path, source, size) =>
      store.write(
        path,
        counted(source, (bytes) => artifactBytes("received", bytes)),
        size,
      ),
    open: async (path, range) => {
      const opened = await store.open(path, range);
      // Paused first: listening alone would set the bytes flowing before anybody takes them.
      opened.stream.pause();
      opened.stream.on("data", (chunk: Uint8Array) => artifactBytes("sent", chunk.length));
      return opened;
    },
  };
}

async function* counted(source: ArtifactSource, count: (bytes: number) => void): ArtifactSource {
  for await (const chunk of source) {
    count(chunk.length);
    yield chunk;
  }
}
