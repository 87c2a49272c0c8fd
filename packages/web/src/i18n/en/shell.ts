export const shell = {
  experiments: "Experiments",
  models: "Models",
  language: "Language",
  theme: "Theme",
  light: "Light",
  dark: "Dark",
  system: "As the system",
  skip: "Skip to the content",
  navigation: "Main",
  notFound: "There is no page at this address.",
  toExperiments: "Go to the experiments",
};
