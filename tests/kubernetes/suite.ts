import { fileURLToPath } from "node:url";
import { confine } from "./confinement.ts";
import { startControlPlane } from "./control-plane.ts";
import { run } from "./run.ts";

const SCRIPT = fileURLToPath(new URL("../tools/kubernetes.sh", import.meta.url));

/** One cluster for the tests of objects, whose pods a stand-in node answers for. Tests have namespaces of their own. */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  // Somebody else's, which has no nodes of its own.
  if (process.env.ESTEIRA_TEST_KUBECONFIG !== undefined) return undefined;
  const programs = await run("sh", [SCRIPT, "--check"]).catch((error: Error) => error);
  if (programs instanceof Error) {
    console.info(`skipped: no Kubernetes to test with: ${programs.message}`);
    return undefined;
  }
  process.env.ESTEIRA_TEST_KUBERNETES = programs.trim();
  const place = await confine();
  try {
    const { kubeconfig } = await startControlPlane(place, programs.trim());
    process.env.ESTEIRA_TEST_KUBECONFIG = kubeconfig;
    process.env.ESTEIRA_TEST_OUTSIDE = place.outside;
  } catch (error) {
    await place.end();
    throw error;
  }
  return () => place.end();
}
