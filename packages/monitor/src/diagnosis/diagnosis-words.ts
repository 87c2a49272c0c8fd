import { figuresOf } from "@esteira/lifecycle/monitoring/figures";
import type { Language } from "@esteira/lifecycle/monitoring/reason-words";
import type { SignalName } from "../signals/catalogue.ts";

/** What a rule is about, as far as what to do next goes. */
export type Concern = "fraud" | "input" | "speed" | "traffic" | "records" | "load" | "labels" | "training" | "report";

/** What a diagnosis can say. A language that lacks a sentence does not compile. */
export interface DiagnosisWords {
  breach(p: { subject: string; value: string; limit: string | undefined; since: string; means: string }): string;
  noData(p: { subject: string; since: string; means: string }): string;
  others(p: { count: number }): string;
  over(p: { names: string; since: string }): string;
  arm(p: { version: string; arm: string; value: string; all: string }): string;
  slice(p: { column: string; value: string; now: string; before: string }): string;
  feature(p: { feature: string; psi: number; importance: number }): string;
  featureLost(p: { feature: string; missing: number }): string;
  newTypology(p: { name: string; frauds: number; caught: number; since: string }): string;
  worseTypology(p: { name: string; recall: number; before: number }): string;
  scoresFallen(p: { now: number; before: number }): string;
  next(p: { concern: Concern }): string;
}

const en = figuresOf("en");
const pt = figuresOf("pt-BR");

const ENGLISH: DiagnosisWords = {
  breach: ({ subject, value, limit, since, means }) =>
    `${subject} is ${value}${limit === undefined ? "" : ` (limit ${limit})`} since ${since}: ${means}`,
  noData: ({ subject, since, means }) => `There is no value of ${subject} since ${since}: ${means}`,
  others: ({ count }) => `${count} more ${count === 1 ? "alert goes" : "alerts go"} with it.`,
  over: ({ names, since }) => `${names} ended at ${since}.`,
  arm: ({ version, arm, value, all }) =>
    `It is most so for version ${version}${arm === "" ? "" : ` as ${arm}`}: ${value}, and ${all} for all together.`,
  slice: ({ column, value, now, before }) =>
    `It stands out where ${column} is ${value}: ${now} of these decisions, and ${before} the week before.`,
  feature: ({ feature, psi, importance }) =>
    `Of the features, ${feature} has moved with the most effect (PSI ${en.decimals(psi, 2)}, ${en.percent(importance)} of the model).`,
  featureLost: ({ feature, missing }) => `${feature} is missing in ${en.percent(missing)} of the decisions.`,
  newTypology: ({ name, frauds, caught, since }) =>
    `Probably a kind of fraud that training never saw: ${name}, ${en.count(frauds)} known cases since ${since}, ${en.count(caught)} of them caught.`,
  worseTypology: ({ name, recall, before }) =>
    `Probably ${name}: the model catches ${en.percent(recall)} of it and caught ${en.percent(before)} when it was accepted.`,
  scoresFallen: ({ now, before }) =>
    `Known frauds score lower than they did (median ${en.number(now)}, before ${en.number(before)}).`,
  next: ({ concern }) =>
    ({
      fraud:
        "Next: look at the missed cases, add a rule for them until a model is trained that knows them, and judge that one by the gate.",
      input:
        "Next: ask where the feature comes from what has changed; a broken source is mended there, not by training.",
      speed:
        "Next: see the load of the servers and what was deployed when it began; roll back if it began with a version.",
      traffic: "Next: see whether requests reach the model, and whether its decisions are collected.",
      records: "Next: see the disk where the service keeps its decisions; what it could not record is in no figure.",
      load: "Next: simulate a threshold that the analysts can work (esteira monitor threshold), or give them more capacity.",
      training: "Next: read in the training that failed why it did; the model in service stays as it is.",
      labels: "Next: ask the source of labels; until they come, realised figures stand still.",
      report: "Next: read the report, its reasons are in the order of their weight.",
    })[concern],
};

const PORTUGUESE: DiagnosisWords = {
  breach: ({ subject, value, limit, since, means }) =>
    `${subject} está em ${value}${limit === undefined ? "" : ` (limite ${limit})`} desde ${since}: ${means}`,
  noData: ({ subject, since, means }) => `Não há valor de ${subject} desde ${since}: ${means}`,
  others: ({ count }) => `${count} ${count === 1 ? "outro alerta acompanha" : "outros alertas acompanham"} este.`,
  over: ({ names, since }) => `${names}: encerrado em ${since}.`,
  arm: ({ version, arm, value, all }) =>
    `É mais forte na versão ${version}${arm === "" ? "" : ` como ${arm}`}: ${value}, contra ${all} no conjunto.`,
  slice: ({ column, value, now, before }) =>
    `Destaca-se onde ${column} é ${value}: ${now} dessas decisões, contra ${before} na semana anterior.`,
  feature: ({ feature, psi, importance }) =>
    `Entre as variáveis, ${feature} é a que mudou com mais efeito (PSI ${pt.decimals(psi, 2)}, ${pt.percent(importance)} do modelo).`,
  featureLost: ({ feature, missing }) => `${feature} falta em ${pt.percent(missing)} das decisões.`,
  newTypology: ({ name, frauds, caught, since }) =>
    `Provavelmente um tipo de fraude que o treino nunca viu: ${name}, ${pt.count(frauds)} casos conhecidos desde ${since}, ${pt.count(caught)} deles com alerta.`,
  worseTypology: ({ name, recall, before }) =>
    `Provavelmente ${name}: o modelo pega ${pt.percent(recall)} e pegava ${pt.percent(before)} quando foi aceito.`,
  scoresFallen: ({ now, before }) =>
    `As fraudes conhecidas recebem escores menores do que antes (mediana ${pt.number(now)}, antes ${pt.number(before)}).`,
  next: ({ concern }) =>
    ({
      fraud:
        "A seguir: examine os casos perdidos, crie uma regra para eles até haver um modelo treinado que os conheça, e submeta esse modelo ao gate.",
      input:
        "A seguir: pergunte na origem da variável o que mudou; uma origem quebrada se conserta lá, e não com treino.",
      speed:
        "A seguir: veja a carga dos servidores e o que foi implantado quando começou; volte atrás se começou com uma versão.",
      traffic: "A seguir: veja se as requisições chegam ao modelo e se as decisões são coletadas.",
      records:
        "A seguir: veja o disco em que o serviço guarda as decisões; o que ele não registrou não entra em métrica alguma.",
      load: "A seguir: simule um limiar que os analistas consigam tratar (esteira monitor threshold), ou aumente a capacidade deles.",
      training: "A seguir: leia no treino que falhou o motivo; o modelo em serviço continua como está.",
      labels: "A seguir: procure a origem dos rótulos; até que cheguem, as métricas realizadas ficam paradas.",
      report: "A seguir: leia o relatório; as razões estão em ordem de peso.",
    })[concern],
};

const WORDS: Readonly<Record<Language, DiagnosisWords>> = { en: ENGLISH, "pt-BR": PORTUGUESE };

export const diagnosisWords = (language: Language): DiagnosisWords => WORDS[language];

export const CONCERNS: Readonly<Record<SignalName, Concern>> = {
  decisions: "traffic",
  decisions_vs_last_week: "traffic",
  decision_age: "traffic",
  alert_rate: "load",
  alert_budget_use: "load",
  desk_load: "load",
  money_alerted: "load",
  latency_p50: "speed",
  latency_p99: "speed",
  slow_share: "speed",
  error_share: "speed",
  decisions_unrecorded: "records",
  feature_missing: "input",
  feature_drift: "input",
  feature_drift_impact: "input",
  feature_missing_rise: "input",
  score_drift: "report",
  verdict: "report",
  report_age: "report",
  retraining_age: "training",
  retraining_failed: "training",
  label_age: "labels",
  labels_to_come: "labels",
  label_delay_p50: "labels",
  label_delay_p90: "labels",
  recall: "fraud",
  recall_low: "fraud",
  recall_high: "fraud",
  value_recall: "fraud",
  precision: "fraud",
  recall_estimated: "fraud",
  recall_estimated_low: "fraud",
  recall_estimated_high: "fraud",
  precision_estimated: "fraud",
  estimates_trusted: "fraud",
  typology_frauds: "fraud",
  typology_recall: "fraud",
  typology_recall_fall: "fraud",
  typology_new: "fraud",
  fraud_score_fall: "fraud",
  money_saved: "fraud",
  money_lost: "fraud",
  money_at_risk: "fraud",
};
