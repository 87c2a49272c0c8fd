import type * as english from "../en/artifacts.ts";
import { count, number } from "./count.ts";

export const artifacts: typeof english.artifacts = {
  runFiles: "Arquivos da execução",
  modelFiles: (name) => `Modelo ${name}`,
  empty: "Nenhum arquivo aqui.",
  pick: "Escolha um arquivo para vê-lo.",
  tooLarge: (size) => `Este arquivo tem ${size}: grande demais para mostrar aqui. Baixe-o.`,
  noPreview: "Este tipo de arquivo não tem visualização. Baixe-o.",
  notProxied: "O servidor não serve estes arquivos. Eles estão em:",
  rowsShown: (shown, total) => `Primeiras ${number.format(shown)} de ${count(total, "linha", "linhas")}`,
  rows: (n) => count(n, "linha", "linhas"),
  notJson: "Este arquivo se diz JSON mas não é: mostrado como texto.",
  sandbox: "Mostrado em área isolada: seus scripts não rodam.",
  tree: "Arquivos",
  codec: (name) => `Este arquivo está compactado com ${name}, que não tem prévia aqui. Baixe-o.`,
  notShown: (n) => `${count(n, "item não aparece", "itens não aparecem")}`,
  asTree: "Árvore",
  asTable: "Tabela",
  asText: "Texto",
  shownAs: "Mostrar como",
};
