/** Colours that stay apart for the common kinds of colour blindness, for light and for dark pages. */
const LIGHT = [
  "#0f717c",
  "#d1600a",
  "#3b5fc0",
  "#b0468f",
  "#5f8a00",
  "#8a6100",
  "#c23b3b",
  "#6b52c8",
  "#3f7f5f",
  "#6b7280",
];
const DARK = [
  "#5fc3cd",
  "#f29a52",
  "#8aa8f5",
  "#e48cc7",
  "#a9cf4f",
  "#d9b44a",
  "#f08a8a",
  "#b3a1f5",
  "#7fcca5",
  "#aab2be",
];

export const colorOf = (index: number, dark: boolean): string => {
  const palette = dark ? DARK : LIGHT;
  return palette[index % palette.length]!;
};
