import type { DirectArtifactStore } from "../artifact-store.ts";
import { type Env, parseS3Uri, s3Settings } from "./settings.ts";

/**
 * An S3 store whose SDK is loaded when it is first used: a server that has none does not pay for it, and one that has
 * starts as fast. A wrong location or setting is told at once.
 */
export function lazyS3ArtifactStore(uri: string, env: Env): DirectArtifactStore {
  const location = parseS3Uri(uri);
  const settings = s3Settings(env);
  let loaded: Promise<DirectArtifactStore> | undefined;
  const load = () => {
    // The version is pinned; that later ones want a later Node is no news to who runs a server.
    process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
    loaded ??= import("./store.ts").then(({ s3ArtifactStore }) => s3ArtifactStore(location, settings));
    return loaded;
  };
  const direct = async () => (await load()).direct;
  return {
    list: async (...call) => (await load()).list(...call),
    listPage: async (...call) => (await load()).listPage(...call),
    stat: async (...call) => (await load()).stat(...call),
    open: async (...call) => (await load()).open(...call),
    write: async (...call) => (await load()).write(...call),
    remove: async (...call) => (await load()).remove(...call),
    sweep: async () => (await load()).sweep(),
    direct: {
      signDownload: async (...call) => (await direct()).signDownload(...call),
      signUpload: async (...call) => (await direct()).signUpload(...call),
      createUpload: async (...call) => (await direct()).createUpload(...call),
      completeUpload: async (...call) => (await direct()).completeUpload(...call),
      abortUpload: async (...call) => (await direct()).abortUpload(...call),
    },
  };
}
