import type * as english from "../en/compare.ts";
import { count } from "./count.ts";

export const compare: typeof english.compare = {
  title: (n) => `Comparar ${count(n, "execução", "execuções")}`,
  onlyDifferences: "Só as diferenças",
  remove: (name) => `Retirar ${name}`,
  tooFew: "Escolha ao menos duas execuções para comparar: selecione-as na tabela de um experimento.",
  noDifferences: "As execuções não diferem aqui.",
  nothing: "As execuções não têm nada deste tipo.",
  section: "Seção",
  backToRuns: "Voltar às execuções",
  missing: (n) => `${count(n, "execução não pôde ser carregada", "execuções não puderam ser carregadas")}.`,
};
