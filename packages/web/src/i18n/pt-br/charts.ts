import type * as english from "../en/charts.ts";
import { count } from "./count.ts";

export const charts: typeof english.charts = {
  logScale: "Escala log",
  smoothing: "Suavização",
  searchLabel: "Buscar gráficos",
  noSeries: "Nenhuma métrica desta execução tem mais de um passo. Registre uma com passo para ver a curva aqui.",
  noSeriesCompare: "Nenhuma destas execuções tem métrica com mais de um passo.",
  finalValues: "Valores únicos",
  summary: (metric, series, points) =>
    `${metric}: ${count(series, "linha", "linhas")}, ${count(points, "ponto", "pontos")}`,
  noPoints: "Não há valores finitos para desenhar.",
  zoomHint: "Arraste para ampliar, clique duas vezes para voltar",
  showMore: (n) => `Mostrar mais ${count(n, "gráfico", "gráficos")}`,
};
