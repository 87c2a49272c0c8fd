import { compareWithPublished, type Scored, type Standing } from "../handbook/comparison.ts";
import { comparisonJson, comparisonMarkdown, metricsOf, notesOf, scenariosOf } from "../handbook/comparison-text.ts";
import type { Baseline } from "../training/baselines.ts";
import type { Candidate } from "../training/candidate.ts";
import type { Study } from "../training/study.ts";
import type { JobContext } from "./context.ts";
import { alignedTable } from "./summary.ts";

/**
 * Sets all models of the job beside the handbook's published results. The table goes to the run of each candidate
 * (`comparison/comparison.md` and `.json`), with its card precision as metrics; the lines are for the console.
 */
export async function compareModels(
  context: JobContext,
  study: Study,
  baselines: readonly Baseline[],
  candidates: readonly Candidate[],
  standing: Standing,
): Promise<string[]> {
  const models = [...baselines.map(scoredBaseline), ...candidates.map(scoredCandidate)];
  const comparison = compareWithPublished(study, models, standing, context.options.seed);
  const { client, clock } = context;
  for (const candidate of candidates) {
    await client.artifacts.write(candidate.runArtifactUri, "comparison/comparison.md", comparisonMarkdown(comparison));
    await client.artifacts.write(candidate.runArtifactUri, "comparison/comparison.json", comparisonJson(comparison));
    const ours = comparison.rows.find(({ model }) => model === NAMES[candidate.trainer])?.ours;
    if (ours === undefined) continue;
    const metric = (key: string, value: number) => ({ key, value, step: 0, timestamp: clock() });
    await client.runs.logBatch(candidate.runId, {
      metrics: [
        metric(`card_precision_at_${comparison.cards}`, ours.cardPrecision.value),
        metric(`card_precision_at_${comparison.cards}_ceiling`, comparison.ceiling),
      ],
    });
  }
  const tables = [metricsOf(comparison), scenariosOf(comparison)];
  return [...tables.flatMap(({ title, cells }) => [title, ...alignedTable(cells), ""]), ...notesOf(comparison)];
}

const NAMES = { "random-forest": "random forest", xgboost: "XGBoost" } as const;

const scoredBaseline = ({ name, scores, report }: Baseline): Scored => ({
  name,
  scores,
  report,
  ...(name === "logistic regression"
    ? { published: name, library: "Newton's method, standard scaled, C = 1" }
    : { library: "the rank of the amount" }),
});

function scoredCandidate({ trainer, model, testScores, test }: Candidate): Scored {
  const { num_parallel_tree, max_depth, tree_method, base_score } = model.resolvedParams;
  const library =
    trainer === "random-forest"
      ? `libxgboost's forest with squared error, ${num_parallel_tree} trees of depth ${max_depth}`
      : `libxgboost, ${tree_method} trees of depth ${max_depth}, ${model.bestIteration + 1} rounds, base_score ${Number(base_score).toPrecision(2)}`;
  return { name: NAMES[trainer], published: NAMES[trainer], library, scores: testScores, report: test };
}
