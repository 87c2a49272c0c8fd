import type { FeatureDefinition, Unit } from "../features/feature.ts";
import { REASON_TEXTS, type ReasonText } from "./reason-texts.ts";

export interface Reason {
  readonly feature: string;
  /** The feature's value; null when it was not known. */
  readonly value: number | null;
  /** Log odds that it added to the score. */
  readonly contribution: number;
  readonly text: ReasonText;
}

type Language = keyof ReasonText;

/**
 * The features that raised a score most, at most `count`. `contributions` are SHAP values in log odds, one a feature.
 * Two features that say the same in words (sine and cosine of the hour) are one reason: the first.
 */
export function topReasons(
  features: readonly FeatureDefinition[],
  values: Float32Array,
  contributions: Float64Array,
  count: number,
): Reason[] {
  const raised: number[] = [];
  for (let at = 0; at < features.length; at++) if (contributions[at]! > 0) raised.push(at);
  raised.sort((a, b) => contributions[b]! - contributions[a]!);
  const reasons: Reason[] = [];
  for (const at of raised) {
    if (reasons.length === count) break;
    const feature = features[at]!;
    const value = values[at]!;
    const reason: Reason = {
      feature: feature.name,
      value: Number.isFinite(value) ? value : null,
      contribution: contributions[at]!,
      text: { en: describe(feature, value, "en"), "pt-BR": describe(feature, value, "pt-BR") },
    };
    if (!reasons.some((said) => said.text.en === reason.text.en)) reasons.push(reason);
  }
  return reasons;
}

const UNKNOWN = { en: "not known", "pt-BR": "não conhecido" } as const;

/** One feature's reason in words. A flag that is off says the opposite of its text, so it is said by name. */
export function describe(feature: FeatureDefinition, value: number, language: Language): string {
  const text = REASON_TEXTS[feature.name]?.[language] ?? feature.name;
  if (Number.isNaN(value)) return `${feature.name}: ${UNKNOWN[language]}`;
  if (feature.unit === "flag" && value === 0) return `${language === "en" ? "not" : "não"}: ${text}`;
  return text.replace(
    "{v}",
    formatValue(
      feature.name === "amount_log" ? Math.expm1(value) : value,
      feature.name === "amount_log" ? "R$" : feature.unit,
      language,
    ),
  );
}

const formats = new Map<string, Intl.NumberFormat>();
function number(language: Language, options: Intl.NumberFormatOptions, key: string): Intl.NumberFormat {
  const name = `${language} ${key}`;
  let format = formats.get(name);
  if (!format) {
    format = new Intl.NumberFormat(language, options);
    formats.set(name, format);
  }
  return format;
}

function formatValue(value: number, unit: Unit, language: Language): string {
  switch (unit) {
    case "R$":
      return number(language, { style: "currency", currency: "BRL" }, "brl").format(value);
    case "ratio":
      return Math.abs(value) <= 1.5
        ? number(language, { style: "percent", maximumFractionDigits: 1 }, "percent").format(value)
        : number(language, { maximumSignificantDigits: 3 }, "ratio").format(value);
    case "days":
      return number(
        language,
        { style: "unit", unit: "day", unitDisplay: "long", maximumFractionDigits: value < 3 ? 1 : 0 },
        `day${value < 3}`,
      ).format(value);
    case "seconds":
      return duration(value, language);
    case "sd":
      return `${number(language, { maximumFractionDigits: 1 }, "sd").format(value)} ${language === "en" ? "standard deviations" : "desvios-padrão"}`;
    case "km":
    case "km/h":
      return `${number(language, { maximumFractionDigits: 0 }, "km").format(value)} ${unit}`;
    default:
      return number(language, { maximumFractionDigits: 2 }, "plain").format(value);
  }
}

function duration(seconds: number, language: Language): string {
  const [value, unit] =
    seconds < 120
      ? ([seconds, "second"] as const)
      : seconds < 7200
        ? ([seconds / 60, "minute"] as const)
        : seconds < 172_800
          ? ([seconds / 3600, "hour"] as const)
          : ([seconds / 86_400, "day"] as const);
  return number(language, { style: "unit", unit, unitDisplay: "long", maximumFractionDigits: 0 }, unit).format(value);
}
