import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { parse } from "yaml";
import { exported } from "./kubernetes/exports.ts";
import { manifests } from "./kubernetes/manifests.ts";
import type { KubeObject } from "./kubernetes/object.ts";
import { mergeSettings } from "./kubernetes/settings.ts";
import { checkName } from "./sagemaker/revision.ts";
import { checkWanted } from "./wanted.ts";

const IMAGE = `registry.example/pix@sha256:${"a".repeat(64)}`;
const HOSTILE = [
  ...["a;b", "--privileged", "-v", "a b", "a\nb", "a: b", 'a"b', "a'b", "{{ .Values }}", "$(id)", "`id`", "a/../../b"],
  ...["../b", "", ".", "a\u0000b", "ação", "a".repeat(254), "a\u202eb", "*", "&a", "!!js/function"],
];

describe("names of deployments from whoever deploys", () => {
  test.each(HOSTILE)("%j is refused wherever it would be a name", (name) => {
    const wanted = { name, model: "models:/pix/1", image: IMAGE };
    const settings = mergeSettings(undefined, {});
    expect(() => checkWanted(wanted)).toThrow(/name/);
    expect(() => manifests({ wanted, settings }, "fraud", { generation: 1 })).toThrow(/name/);
    expect(() => checkName(name)).toThrow("cannot be the name of a deployment on SageMaker");
  });

  test.each(HOSTILE)("%j is refused as a name of the cluster's", (name) => {
    // The empty text takes a setting back.
    if (name === "") return;
    for (const said of [
      { pullSecrets: [name] },
      { host: name },
      { host: "pix.example.com", tlsSecret: name },
      { host: "pix.example.com", gateway: name },
      { secrets: { A: { secret: name, key: "key" } } },
      { env: { [`${name} `]: "x" } },
      { cpu: name },
    ])
      expect(() => mergeSettings(undefined, said)).toThrow(/^The setting /);
  });
});

const LABEL = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
const WORD = /^([a-z0-9.-]{1,253}\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

/** Labels of an object and of all that it holds, selectors too. */
function labelsIn(value: unknown): readonly (readonly [string, unknown])[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, held]) =>
    key === "labels" || key === "matchLabels" ? Object.entries(held ?? {}) : labelsIn(held),
  );
}

it("any text of a model or a variable is a value, and changes nothing around it", () => {
  const text = fc.oneof(fc.string({ unit: "binary", minLength: 1 }), fc.constantFrom(...HOSTILE.filter(Boolean)));
  fc.assert(
    fc.property(text, text, text, (model, note, other) => {
      const revision = {
        wanted: { name: "pix", model, image: IMAGE, canary: { model: other, share: 0.5, image: IMAGE } },
        settings: mergeSettings(undefined, { env: { NOTE: note } }),
      };
      const drawn = manifests(revision, "fraud", { generation: 1 });
      const plain = manifests(
        {
          wanted: { name: "pix", model: "m", image: IMAGE, canary: { model: "m", share: 0.5, image: IMAGE } },
          settings: mergeSettings(undefined, { env: { NOTE: "x" } }),
        },
        "fraud",
        { generation: 1 },
      );
      const shape = ({ kind, metadata }: KubeObject) => `${kind} ${metadata.name}`;
      expect(drawn.objects.map(shape)).toEqual(plain.objects.map(shape));
      for (const [key, value] of drawn.objects.flatMap((object) => labelsIn(object))) {
        expect(key).toMatch(WORD);
        expect(value).toMatch(LABEL);
      }
      const files = exported("kustomize", revision, drawn).filter(({ path }) => path !== "kustomization.yaml");
      const read = files.map(({ text: yaml }): KubeObject => parse(yaml));
      const settings = read.find(({ kind, metadata }) => kind === "ConfigMap" && metadata.name === "pix-settings");
      expect(settings?.data).toEqual({ NOTE: note });
      expect(read.map(shape)).toEqual(drawn.objects.map(shape));
    }),
    { numRuns: 30 },
  );
});
