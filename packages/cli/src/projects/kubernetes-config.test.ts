import { expect, it } from "vitest";
import { parseKubernetesConfig, trackingUriForPods } from "./kubernetes-config.ts";

it("takes MLflow's own keys and ours, and hands on what every backend has", () => {
  const mlflow = { "kube-context": "kind", "repository-uri": "registry.example/me/pix", "kube-job-template-path": "a" };
  expect(parseKubernetesConfig({ ...mlflow, memory: "2Gi", retries: 1 })).toEqual({
    own: { ...mlflow, memory: "2Gi" },
    common: { retries: 1 },
  });
});

it.each([
  [[], "is no JSON object"],
  [{ "kube-contxt": "a" }, "has no setting 'kube-contxt'"],
  [{ "kube-contxt": "a" }, "did you mean 'kube-context'?"],
  [{ memory: "lots" }, "The backend's memory: is no amount of Kubernetes"],
])("refuses %j: %s", (config, why) => {
  expect(() => parseKubernetesConfig(config)).toThrow(why);
});

it.each(["http://127.0.0.1:5000", "http://localhost:5000", "https://[::1]:5000"])("pods cannot reach %s", (uri) => {
  expect(() => trackingUriForPods({}, { MLFLOW_TRACKING_URI: uri })).toThrow(
    `Pods cannot reach the tracking server at ${uri}`,
  );
  expect(trackingUriForPods({ trackingUri: "http://mlflow.ml" }, { MLFLOW_TRACKING_URI: uri })).toBe(
    "http://mlflow.ml",
  );
  expect(trackingUriForPods({}, { MLFLOW_TRACKING_URI: uri, KUBE_MLFLOW_TRACKING_URI: "http://10.0.0.1" })).toBe(
    "http://10.0.0.1",
  );
});
