import type { Spoken } from "@esteira/lifecycle/monitoring/reason-words";

/** - `share`: 0 to 1. - `points`: one share less another. - `ratio`: 1 is what is expected. - `money`: units of the model's currency. - `flag`: 0 or 1. */
export type SignalUnit =
  | "share"
  | "points"
  | "ratio"
  | "count"
  | "milliseconds"
  | "seconds"
  | "days"
  | "money"
  | "index"
  | "flag";

export type SignalLabel = "version" | "arm" | "feature" | "typology";

/**
 * What a signal is read from: a span of recent decisions whose length the rule says (`window`), the ages of what came last (`freshness`), or the
 * monitoring report, whose window is the file's.
 */
export type SignalSource = "window" | "freshness" | "report";

export interface SignalDefinition {
  readonly unit: SignalUnit;
  readonly source: SignalSource;
  /** The signal is there once for each of these. */
  readonly labels: readonly SignalLabel[];
  /** Whether it is normal that there is no value: no case of a typology, no mature cohort. Otherwise its absence is a fault of its own. */
  readonly mayBeAbsent: boolean;
  readonly means: Spoken;
}

const define = (
  source: SignalSource,
  unit: SignalUnit,
  en: string,
  pt: string,
  options: { readonly labels?: readonly SignalLabel[]; readonly mayBeAbsent?: boolean } = {},
): SignalDefinition => ({
  unit,
  source,
  labels: options.labels ?? [],
  mayBeAbsent: options.mayBeAbsent ?? false,
  means: { en, "pt-BR": pt },
});

const SPLIT = { labels: ["version", "arm"] } as const;
const SPLIT_ABSENT = { ...SPLIT, mayBeAbsent: true } as const;
const FEATURE = { labels: ["feature"] } as const;
const TYPOLOGY = { labels: ["typology"], mayBeAbsent: true } as const;
const ABSENT = { mayBeAbsent: true } as const;

/** Everything that a rule can speak of, by the name that monitor.yaml and Prometheus use. */
export const SIGNALS = {
  decisions: define("window", "count", "Decisions made.", "Decisões tomadas.", SPLIT),
  decisions_vs_last_week: define(
    "window",
    "ratio",
    "Decisions made, beside those of the same hours one week before.",
    "Decisões tomadas, em relação às das mesmas horas uma semana antes.",
    ABSENT,
  ),
  alert_rate: define(
    "window",
    "share",
    "Share of the decisions that were alerted.",
    "Parcela das decisões que geraram alerta.",
    SPLIT_ABSENT,
  ),
  alert_budget_use: define(
    "window",
    "ratio",
    "Share of alerts beside the budget: above 1, more is alerted than was agreed.",
    "Parcela de alertas em relação ao orçamento: acima de 1, gera-se mais alerta do que o combinado.",
    ABSENT,
  ),
  desk_load: define(
    "window",
    "ratio",
    "Alerts a day, at the window's pace, beside what the analysts can work in a day.",
    "Alertas por dia, no ritmo da janela, em relação ao que os analistas conseguem tratar em um dia.",
    ABSENT,
  ),
  money_alerted: define(
    "window",
    "money",
    "Money of the decisions that were alerted.",
    "Dinheiro das decisões que geraram alerta.",
    SPLIT,
  ),
  latency_p50: define(
    "window",
    "milliseconds",
    "Half of the answers took no longer.",
    "Metade das respostas não demorou mais do que isso.",
    SPLIT_ABSENT,
  ),
  latency_p99: define(
    "window",
    "milliseconds",
    "Ninety-nine of a hundred answers took no longer.",
    "Noventa e nove de cada cem respostas não demoraram mais do que isso.",
    SPLIT_ABSENT,
  ),
  slow_share: define(
    "window",
    "share",
    "Share of the answers that took longer than the file's latencyTargetMs.",
    "Parcela das respostas que demoraram mais do que o latencyTargetMs do arquivo.",
    SPLIT_ABSENT,
  ),
  error_share: define(
    "window",
    "share",
    "Share of the requests that the services answered with a fault of their own (5xx).",
    "Parcela das requisições que os serviços responderam com uma falha própria (5xx).",
    ABSENT,
  ),
  decisions_unrecorded: define(
    "window",
    "count",
    "Decisions that a service could not record: its disk was full, failed or too slow.",
    "Decisões que um serviço não conseguiu registrar: o disco dele estava cheio, falhou ou demorou demais.",
  ),
  feature_missing: define(
    "window",
    "share",
    "Share of the decisions that lacked the feature.",
    "Parcela das decisões em que a variável faltou.",
    { ...FEATURE, mayBeAbsent: true },
  ),
  decision_age: define(
    "freshness",
    "seconds",
    "Since the last decision in the ledger.",
    "Desde a última decisão no registro.",
  ),
  label_age: define(
    "freshness",
    "seconds",
    "Since a label became known last.",
    "Desde que um rótulo ficou conhecido pela última vez.",
  ),
  report_age: define(
    "freshness",
    "seconds",
    "Since the report was made last: where one cannot be made, the signals of the one before stay.",
    "Desde que o relatório foi feito pela última vez: quando não é possível fazê-lo, ficam os sinais do anterior.",
  ),
  retraining_age: define(
    "freshness",
    "seconds",
    "Since a retraining last made a version.",
    "Desde que um retreino fez uma versão pela última vez.",
    ABSENT,
  ),
  retraining_failed: define(
    "freshness",
    "flag",
    "1 while the last retraining has failed, 0 once one has made a version.",
    "1 enquanto o último retreino falhou, 0 desde que um fez uma versão.",
    ABSENT,
  ),
  verdict: define(
    "report",
    "count",
    "The report's verdict: 0 ok, 1 watch, 2 act.",
    "O veredito do relatório: 0 ok, 1 observar, 2 agir.",
  ),
  score_drift: define(
    "report",
    "index",
    "How far the scores have moved from the reference (PSI beyond chance).",
    "Quanto os escores se afastaram da referência (PSI além do acaso).",
    ABSENT,
  ),
  feature_drift: define(
    "report",
    "index",
    "How far the feature has moved from the reference (PSI beyond chance).",
    "Quanto a variável se afastou da referência (PSI além do acaso).",
    { ...FEATURE, mayBeAbsent: true },
  ),
  feature_drift_impact: define(
    "report",
    "index",
    "The feature's drift and loss of values, by its share of the model.",
    "O desvio e a perda de valores da variável, pela participação dela no modelo.",
    { ...FEATURE, mayBeAbsent: true },
  ),
  feature_missing_rise: define(
    "report",
    "points",
    "Share of missing values, less that of the reference.",
    "Parcela de valores ausentes, menos a da referência.",
    { ...FEATURE, mayBeAbsent: true },
  ),
  recall: define(
    "report",
    "share",
    "Share of the frauds of mature cohorts that were alerted.",
    "Parcela das fraudes de coortes maduras que gerou alerta.",
    ABSENT,
  ),
  recall_low: define(
    "report",
    "share",
    "Lower end of the 95 % interval of recall.",
    "Limite inferior do intervalo de 95 % de recall.",
    ABSENT,
  ),
  recall_high: define(
    "report",
    "share",
    "Upper end of the 95 % interval of recall.",
    "Limite superior do intervalo de 95 % de recall.",
    ABSENT,
  ),
  value_recall: define(
    "report",
    "share",
    "Share of the money of the frauds of mature cohorts that was alerted.",
    "Parcela do dinheiro das fraudes de coortes maduras que gerou alerta.",
    ABSENT,
  ),
  precision: define(
    "report",
    "share",
    "Share of the alerts of mature cohorts that were fraud.",
    "Parcela dos alertas de coortes maduras que era fraude.",
    ABSENT,
  ),
  recall_estimated: define(
    "report",
    "share",
    "Recall of the youngest cohort, estimated from its scores before its labels.",
    "Recall da coorte mais nova, estimado pelos escores antes dos rótulos.",
    ABSENT,
  ),
  recall_estimated_low: define(
    "report",
    "share",
    "Lower end of the 95 % interval of recall_estimated.",
    "Limite inferior do intervalo de 95 % de recall_estimated.",
    ABSENT,
  ),
  recall_estimated_high: define(
    "report",
    "share",
    "Upper end of the 95 % interval of recall_estimated.",
    "Limite superior do intervalo de 95 % de recall_estimated.",
    ABSENT,
  ),
  precision_estimated: define(
    "report",
    "share",
    "Precision of the youngest cohort, estimated from its scores before its labels.",
    "Precisão da coorte mais nova, estimada pelos escores antes dos rótulos.",
    ABSENT,
  ),
  estimates_trusted: define(
    "report",
    "flag",
    "1 while estimates have come true, 0 since they have not.",
    "1 enquanto as estimativas se confirmam, 0 desde que deixaram de se confirmar.",
  ),
  labels_to_come: define(
    "report",
    "share",
    "Share of the youngest cohort's labels that is still to come.",
    "Parcela dos rótulos da coorte mais nova que ainda está por vir.",
    ABSENT,
  ),
  label_delay_p50: define(
    "report",
    "days",
    "Half of the labels are known this long after the decision.",
    "Metade dos rótulos é conhecida até este tempo depois da decisão.",
    ABSENT,
  ),
  label_delay_p90: define(
    "report",
    "days",
    "Nine of ten labels are known this long after the decision.",
    "Nove de cada dez rótulos são conhecidos até este tempo depois da decisão.",
    ABSENT,
  ),
  typology_frauds: define(
    "report",
    "count",
    "Known frauds of the typology in the report's window.",
    "Fraudes conhecidas da tipologia na janela do relatório.",
    TYPOLOGY,
  ),
  typology_recall: define(
    "report",
    "share",
    "Share of the typology's known frauds that was alerted.",
    "Parcela das fraudes conhecidas da tipologia que gerou alerta.",
    TYPOLOGY,
  ),
  typology_recall_fall: define(
    "report",
    "points",
    "The typology's recall when the model was accepted, less its recall now.",
    "O recall da tipologia quando o modelo foi aceito, menos o de agora.",
    TYPOLOGY,
  ),
  typology_new: define(
    "report",
    "flag",
    "1 for a typology that training never saw and that has enough known cases.",
    "1 para uma tipologia que o treino nunca viu e que já tem casos suficientes.",
    TYPOLOGY,
  ),
  fraud_score_fall: define(
    "report",
    "index",
    "Median score of the reference's frauds, less that of the frauds known now.",
    "Escore mediano das fraudes da referência, menos o das fraudes conhecidas agora.",
    ABSENT,
  ),
  money_saved: define(
    "report",
    "money",
    "Money of known frauds of the report's window that was alerted.",
    "Dinheiro de fraudes conhecidas da janela do relatório que gerou alerta.",
  ),
  money_lost: define(
    "report",
    "money",
    "Money of known frauds of the report's window that passed.",
    "Dinheiro de fraudes conhecidas da janela do relatório que passou.",
  ),
  money_at_risk: define(
    "report",
    "money",
    "Money that will have passed once the window's labels have all come, by how many are still to come.",
    "Dinheiro que terá passado quando todos os rótulos da janela chegarem, pelo que ainda falta chegar.",
    ABSENT,
  ),
} as const satisfies Readonly<Record<string, SignalDefinition>>;

export type SignalName = keyof typeof SIGNALS;

export const SIGNAL_NAMES = Object.keys(SIGNALS) as readonly SignalName[];

export const signalDefinition = (name: SignalName): SignalDefinition => SIGNALS[name];
