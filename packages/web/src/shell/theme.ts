import { createTheme, localStorageColorSchemeManager } from "@mantine/core";

const SYSTEM_FONT =
  'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", "Helvetica Neue", Arial, sans-serif';
const SYSTEM_MONO = 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace';

/** Shared with `public/theme.js`, which reads it before the first paint. */
export const colorScheme = localStorageColorSchemeManager({ key: "esteira.theme" });

/** Petrol as the only accent, small type, tight corners: tables come first. */
export const theme = createTheme({
  primaryColor: "petrol",
  primaryShade: { light: 7, dark: 6 },
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
      // A badge is short and is read whole, in however narrow a table.
      styles: { root: { overflow: "visible", flexShrink: 0 }, label: { overflow: "visible" } },
    },
    Tabs: {
      styles: { list: { flexWrap: "nowrap", overflowX: "auto", overflowY: "hidden" }, tab: { paddingInline: 11 } },
    },
  },
});
