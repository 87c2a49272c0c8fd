import type * as english from "../en/models.ts";
import { count } from "./count.ts";

export const models: typeof english.models = {
  title: "Modelos registrados",
  count: (n) => count(n, "modelo", "modelos"),
  searchLabel: "Buscar modelos pelo nome",
  latest: "Última versão",
  aliases: "Apelidos",
  stages: "Estágios",
  gate: "Portão",
  updated: "Última mudança",
  created: "Criada",
  version: "Versão",
  versions: "Versões",
  versionName: (version) => `Versão ${version}`,
  stage: "Estágio",
  status: "Situação",
  sourceRun: "Execução de origem",
  sourceUri: "Origem",
  noVersions: "Este modelo ainda não tem versões.",
  noDescription: "Sem descrição.",
  empty: "Nenhum modelo registrado ainda. Um modelo aparece aqui quando um programa o registra:",
  noMatch: "Nenhum modelo tem este texto no nome.",
  evidence: "evidência",
  noVerdict: "Nenhum portão julgou esta versão.",
  signature: "Assinatura",
  inputs: "Entradas",
  outputs: "Saídas",
  modelParams: "Parâmetros de predição",
  type: "Tipo",
  required: "obrigatório",
  optional: "opcional",
  noSignature: "O arquivo MLmodel desta versão não traz assinatura.",
  signatureUnreachable: "O arquivo MLmodel desta versão não pode ser lido por este servidor.",
  statusReady: "Pronta",
  statusPending: "Registrando",
  statusFailed: "O registro falhou",
};

export const gate: typeof english.gate = { passed: "Aprovada", failed: "Recusada", unknown: "Não decidida" };

export const stages: typeof english.stages = {
  None: "Nenhum",
  Staging: "Homologação",
  Production: "Produção",
  Archived: "Arquivada",
};
