import { expect, it } from "vitest";
import { differences } from "./differences.ts";

it("names the fields that differ, items of lists by their names", () => {
  const from = {
    spec: { containers: [{ name: "scorer", image: "a" }], replicas: 2, paused: true },
    status: { ready: 1 },
    metadata: { generation: 3 },
  };
  const to = {
    spec: { containers: [{ name: "sidecar" }, { name: "scorer", image: "b" }], replicas: 2, minReadySeconds: 3 },
    metadata: { generation: 4, managedFields: [] },
  };
  expect(differences(from, to)).toEqual([
    'spec.containers[scorer].image from "a" to "b"',
    'spec.containers[sidecar] = {"name":"sidecar"}',
    "spec.minReadySeconds = 3",
    "spec.paused no longer true",
  ]);
});

it("says nothing of what is equal, or of what each change writes anew", () => {
  const annotations = (generation: string) => ({ metadata: { annotations: { "esteira.dev/generation": generation } } });
  expect(differences(annotations("1"), annotations("2"))).toEqual([]);
});
