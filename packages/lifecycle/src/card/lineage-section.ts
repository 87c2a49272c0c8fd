import type { Cell, Section } from "./document.ts";
import { type Writing, when } from "./writing.ts";

/** From raw data to what answers, one step a row. */
export function lineageSection({ card, words }: Writing): Section {
  const { data, lineage, model, gate } = card;
  const { run, entry } = lineage;
  const code = (text: string): Cell => ({ text, isCode: true });
  const unknown: Cell = { text: words.unknown, badge: "info" };
  const row = (name: string, cells: readonly (Cell | undefined)[]) => {
    const known = cells.filter((cell) => cell !== undefined);
    return { name, cells: known.length === 0 ? [unknown] : known };
  };
  const said = (text: string | null | undefined, more?: string): Cell | undefined =>
    text === null || text === undefined || text === "" ? undefined : { ...code(text), ...(more ? { more } : {}) };
  const standing = [model.stage === "None" ? "" : model.stage, ...model.aliases.map((alias) => `@${alias}`)];
  return {
    title: words.lineage,
    note: words.lineageNote,
    blocks: [
      {
        kind: "facts",
        rows: [
          row(words.rawData, [said(data.digest, data.description ?? "")]),
          row(
            words.dataset,
            data.datasets.map(({ name, use, digest }) => said(digest, use ?? name)),
          ),
          row(words.features, [said(data.features_digest)]),
          row(words.code, [
            said(
              run?.commit,
              [run?.repository, run?.branch && `${words.branch} ${run.branch}`, run?.source].filter(Boolean).join(", "),
            ),
          ]),
          row(words.environment, [said(run?.lockfile_digest)]),
          row(words.run, [
            run === null ? undefined : { ...code(run.id), more: `${run.name}, ${run.status}, ${run.user}` },
          ]),
          row(words.loggedModel, [said(lineage.logged_model)]),
          row(words.modelDigest, [said(model.digest)]),
          row(words.modelVersion, [
            { ...code(`models:/${model.name}/${model.version}`), more: standing.filter(Boolean).join(", ") },
          ]),
          row(words.gateDigest, [
            said(gate?.digests.gate, gate === null ? "" : `${gate.name}: ${words.status[gate.outcome]}`),
          ]),
          row(words.evidence, lineage.evidence.length > 0 ? lineage.evidence.map(code) : [said(gate?.source)]),
          row(words.timelineEntry, [
            entry === null
              ? undefined
              : { ...code(entry.hash), more: `#${entry.sequence}, ${entry.what}, ${when(entry.at)}` },
          ]),
          row(words.endpoints, []),
        ],
      },
    ],
  };
}
