import type { CardWords } from "./card-words.ts";

const NAMES: Readonly<Record<string, string>> = {
  auc_pr: "AUC-PR",
  auc_pr_lift: "AUC-PR sobre o acaso",
  auc_roc: "AUC-ROC",
  precision: "Precisão no limiar",
  recall: "Recall no limiar",
  f1: "F1 no limiar",
  false_positive_rate: "Taxa de falsos positivos no limiar",
  alert_rate: "Taxa de alertas no limiar",
  value_recall: "Recall do valor no limiar",
  brier: "Escore de Brier",
  ece: "Erro de calibração (ECE)",
  expected_observed_ratio: "Fraudes esperadas sobre observadas",
};
const AT_BUDGET: Readonly<Record<string, string>> = { recall: "Recall", value_recall: "Recall do valor" };

export const portugueseCard: CardWords = {
  title: "Cartão do modelo",
  version: "versão",
  unknown: "desconhecido",
  none: "nenhum",
  yes: "sim",
  no: "não",
  madeAt: (instant) => `O que o registro sabia em ${instant}`,

  model: "O modelo",
  purpose: "Finalidade",
  owner: "Responsável",
  useLimits: "Não usar para",
  standing: "Situação",
  registered: "Registrado em",
  trainer: "Treinado com",
  flavors: "Flavors",
  inputs: "Entradas",
  size: "Tamanho",

  data: "Dados",
  dataNote: "O que a execução leu, como ela mesma registrou. Um digest identifica exatamente estas linhas.",
  rawData: "Dados brutos",
  digest: "Digest",
  labelsAsOf: "Rótulos conhecidos em",
  maturity: "Idade do rótulo mais jovem usado",
  days: (count) => `${count} dias`,
  features: "Variáveis",
  dataset: "Conjunto",
  use: "Uso",
  rows: "Linhas",
  frauds: "Fraudes",
  period: "Período",

  metrics: "Métricas",
  metricsNote: (source) => `Lidas de ${source}. Intervalos de 95%, por reamostragem de clientes.`,
  metric: "Métrica",
  value: "Valor",
  interval: "Intervalo",
  otherMetrics: (count) => `Outras ${count} estão no JSON do cartão.`,
  metricName: (key) => {
    const [, kind = "", share = ""] = /^(recall|value_recall)_at_([\d.]+)pct$/.exec(key) ?? [];
    return share === "" ? (NAMES[key] ?? key) : `${AT_BUDGET[kind] ?? kind} com ${share.replace(".", ",")}% de alertas`;
  },

  slices: "Recortes",
  slicesNote:
    "Recall no limiar, grupo a grupo, com intervalos de Wilson de 95%. Um intervalo largo diz que os casos são poucos.",
  typologies: "Tipo de fraude",
  group: "Grupo",
  caught: "Detectadas",
  recall: "Recall",
  falsePositives: "Taxa de falsos positivos",

  gate: "Gate",
  gateNote: (gate, instant) => `Julgado pelo gate ${gate} em ${instant}.`,
  check: "Verificação",
  found: "Encontrado",
  status: {
    passed: "aprovado",
    refused: "recusado",
    not_enough_evidence: "insuficiente",
    not_applicable: "não se aplica",
  },
  parity: "Paridade",
  parityText: ({ engine, rows, differing, ulp }) =>
    `${differing} de ${rows} respostas diferem das de ${engine}; a maior distância é de ${ulp} ulp.`,

  limits: "Limites",
  otherModel: "O veredito do gate é de um modelo com outro digest: nada diz desta versão.",
  changedCode: "O código tinha mudanças que o seu commit não contém.",
  threshold: ({ threshold, budget }) =>
    `Um alerta é um escore de pelo menos ${threshold}${budget === undefined ? "" : `, escolhido para um orçamento de alertas de ${budget}`}.`,
  prevalence: ({ prevalence, world }) =>
    `Medido onde ${prevalence} das linhas eram fraudes${world === undefined ? "" : `; em produção é cerca de ${world}`}. A precisão cai com a prevalência.`,
  mature: ({ asOf, days }) =>
    `Os rótulos são os conhecidos em ${asOf}${days === undefined ? "" : `, ${days} dias depois da última linha julgada`}. O que ninguém denuncia não é rótulo.`,
  unproven: (title, reason) => `Não provado: ${title}. ${reason}`,
  fewCases: (groups) => `Menos de dez fraudes, portanto mal julgados: ${groups}.`,
  noIntervals: "A execução não guarda intervalos: a certeza destes números é desconhecida.",

  approvals: "Aprovações e promoções",
  approvalsNote: "Da linha do tempo do registro, cada entrada com o seu hash.",
  demands: ({ targets, approvals, evidence }) =>
    [
      `Uma política protege ${targets}.`,
      approvals === undefined ? "" : ` Ela exige aprovações: ${approvals}.`,
      evidence ? " Ela exige evidência assinada de um gate aprovado." : "",
    ].join(""),
  noPolicy: "Nenhuma política protege este modelo.",
  who: "Quem",
  what: "O quê",
  when: "Quando",
  noApprovals: "A linha do tempo não contém aprovação nem promoção desta versão.",

  lineage: "Linhagem",
  lineageNote: "Dos dados brutos ao que responde. Cada digest identifica um conteúdo.",
  code: "Código",
  branch: "ramo",
  environment: "Lockfile",
  run: "Execução",
  loggedModel: "Modelo registrado na execução",
  modelDigest: "Modelo",
  modelVersion: "Versão",
  evidence: "Evidência",
  gateDigest: "Gate",
  timelineEntry: "Linha do tempo",
  endpoints: "Endpoints",

  missing: "O que não se sabe",
  missingNote: "Nada aqui é suposto.",
  facts: {
    purpose: "Finalidade",
    owner: "Responsável",
    use_limits: "Para que não deve ser usado",
    model_file: "Arquivo MLmodel",
    digest: "Digest do modelo",
    run: "Execução",
    datasets: "Conjuntos de dados",
    evaluation: "Avaliação",
    intervals: "Intervalos das métricas",
    slices: "Recortes",
    gate: "Veredito do gate",
    parity: "Relatório de paridade",
    timeline: "Linha do tempo",
    policy: "Política",
    endpoints: "Endpoints que o servem",
  },
  reasons: {
    not_said: "ninguém disse",
    not_kept: "o servidor não guarda",
    not_offered: "o servidor não tem isso (é o do próprio MLflow, ou um mais antigo)",
    not_allowed: "este usuário não pode ler",
    not_readable: "o que há não pode ser lido",
  },
};
