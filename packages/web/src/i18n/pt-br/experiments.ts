import type * as english from "../en/experiments.ts";
import { count } from "./count.ts";

export const experiments: typeof english.experiments = {
  title: "Experimentos",
  count: (n) => count(n, "experimento", "experimentos"),
  searchLabel: "Buscar experimentos pelo nome",
  created: "Criado",
  updated: "Última mudança",
  note: "Nota",
  deleted: "excluído",
  showDeleted: "Mostrar excluídos",
  empty: "Nenhum experimento ainda. Ele aparece aqui quando um programa registra sua primeira execução neste servidor:",
  noMatch: "Nenhum experimento tem este texto no nome.",
};
