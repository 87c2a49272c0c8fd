import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** A Python with MLflow, ONNX and scikit-learn's converter, and the folder with onnxruntime-node; or why there are none. */
export type OnnxEnvironment = { readonly python: string; readonly runtime: string } | { readonly missing: string };

/** Makes them where they are not there yet. */
export async function findOnnx(): Promise<OnnxEnvironment> {
  try {
    const script = fileURLToPath(new URL("environment.sh", import.meta.url));
    const { stdout } = await promisify(execFile)("sh", [script]);
    const [python = "", runtime = ""] = stdout.trim().split("\n");
    return { python, runtime };
  } catch (error) {
    return { missing: `no ONNX: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}` };
  }
}
