import { createTheme, localStorageColorSchemeManager } from "@mantine/core";

const SYSTEM_FONT =
  'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", "Helvetica Neue", Arial, sans-serif';
const SYSTEM_MONO = 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace';

/** Shared with `public/theme.js`, which reads it before the first paint. */
export const colorScheme = localStorageColorSchemeManager({ key: "esteira.theme" });

const pair = (soft: string, text: string) => ({ "--badge-bg": `var(${soft})`, "--badge-color": `var(${text})` });
const BADGE_COLORS: Readonly<Record<string, Record<string, string>>> = {
  green: pair("--e-good-soft", "--e-good"),
  red: pair("--e-bad-soft", "--e-bad"),
  yellow: pair("--e-warn-soft", "--e-warn"),
  petrol: pair("--e-accent-soft", "--e-accent"),
  indigo: pair("--e-staging-soft", "--e-staging"),
  gray: pair("--e-sunken", "--e-dim"),
};

/** Petrol as the only accent, small type, tight corners: tables come first. */
export const theme = createTheme({
  primaryColor: "petrol",
  primaryShade: 7,
  colors: {
    dark: [
      "#c9ced6",
      "#b3bac4",
      "#8b95a2",
      "#646e7b",
      "#3a424c",
      "#2c323a",
      "#22272e",
      "#1a1e23",
      "#14171b",
      "#0f1215",
    ],
    petrol: [
      "#e8f6f7",
      "#d2ebed",
      "#a6d7dc",
      "#75c1c9",
      "#4cafb9",
      "#2f9ca8",
      "#178490",
      "#0f717c",
      "#0a5b65",
      "#06454d",
    ],
  },
  fontFamily: SYSTEM_FONT,
  fontFamilyMonospace: SYSTEM_MONO,
  fontSizes: { xs: "11.5px", sm: "13px", md: "14px", lg: "16px", xl: "19px" },
  headings: { fontFamily: SYSTEM_FONT, fontWeight: "600" },
  defaultRadius: "sm",
  cursorType: "pointer",
  components: {
    Button: { defaultProps: { size: "xs" } },
    ActionIcon: { defaultProps: { variant: "subtle", color: "gray" } },
    TextInput: { defaultProps: { size: "xs" } },
    Checkbox: { defaultProps: { size: "xs" } },
    Switch: { defaultProps: { size: "xs", withThumbIndicator: false } },
    SegmentedControl: { defaultProps: { size: "xs" } },
    Tooltip: { defaultProps: { openDelay: 300, withArrow: true } },
    Badge: {
      defaultProps: { variant: "light", size: "sm", radius: "sm", tt: "none" },
      // Of the tokens of base.css, whose contrast is known: the library's own light greens are too pale to read.
      vars: (_: unknown, { variant = "light", color = "petrol" }: { variant?: string; color?: string }) =>
        variant === "light" ? { root: BADGE_COLORS[color] ?? BADGE_COLORS.gray ?? {} } : { root: {} },
      // A badge is short and is read whole, in however narrow a table.
      styles: { root: { overflow: "visible", flexShrink: 0 }, label: { overflow: "visible" } },
    },
    Tabs: {
      styles: { list: { flexWrap: "nowrap", overflowX: "auto", overflowY: "hidden" }, tab: { paddingInline: 11 } },
    },
  },
});
