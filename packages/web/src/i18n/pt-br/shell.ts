import type * as english from "../en/shell.ts";

export const shell: typeof english.shell = {
  experiments: "Experimentos",
  models: "Modelos",
  language: "Idioma",
  theme: "Tema",
  light: "Claro",
  dark: "Escuro",
  system: "Como o sistema",
  skip: "Ir para o conteúdo",
  navigation: "Principal",
  notFound: "Não há página neste endereço.",
  toExperiments: "Ir para os experimentos",
};
