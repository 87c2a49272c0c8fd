/** A YAML scalar as Python has it after `yaml.safe_load`: a text or another value, with what `str` makes of it. */
export type PythonScalar = { readonly kind: "null" } | { readonly kind: "text" | "other"; readonly text: string };

/**
 * MLflow hands defaults on as `str(value)`, so that `true` becomes True and `1e-3`, which PyYAML takes for a text, stays as it is.
 * Rules: PyYAML 6, resolver.py and constructor.py.
 *
 * @param source the scalar as it stands in the file, without quotes.
 */
export function pythonScalar(source: string): PythonScalar {
  if (/^(?:~|null|Null|NULL|)$/.test(source)) return { kind: "null" };
  const text = otherThanText(source);
  return text === undefined ? { kind: "text", text: source } : { kind: "other", text };
}

function otherThanText(source: string): string | undefined {
  if (/^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/.test(source)) return "True";
  if (/^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/.test(source)) return "False";
  if (FLOAT.test(source)) return floatText(parseFloat64(source));
  if (INTEGER.test(source)) return String(parseInteger(source));
  return /^\d{4}-\d\d-\d\d$/.test(source) ? source : timestampText(source);
}

const FLOAT =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const INTEGER =
  /^(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/;

function signed(source: string): { readonly negative: boolean; readonly digits: string } {
  const plain = source.replaceAll("_", "").toLowerCase();
  return { negative: plain.startsWith("-"), digits: plain.replace(/^[-+]/, "") };
}

function parseFloat64(source: string): number {
  const { negative, digits } = signed(source);
  const value =
    digits === ".inf"
      ? Number.POSITIVE_INFINITY
      : digits === ".nan"
        ? Number.NaN
        : digits.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
  return negative ? -value : value;
}

function parseInteger(source: string): bigint {
  const { negative, digits } = signed(source);
  const value = /^0[bx]/.test(digits)
    ? BigInt(digits)
    : digits.length > 1 && digits.startsWith("0")
      ? BigInt(`0o${digits.slice(1)}`)
      : digits.split(":").reduce((sum, part) => sum * 60n + BigInt(part), 0n);
  return negative ? -value : value;
}

/** Python's `repr` of a float: the shortest digits that read back, with an exponent below 1e-4 and from 1e16 on. */
function floatText(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const [mantissa = "0", power = "0"] = Math.abs(value).toExponential().split("e");
  const exponent = Number(power);
  const digits = mantissa.replace(".", "");
  if (exponent < -4 || exponent >= 16)
    return `${sign}${mantissa}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  const padded = digits.padEnd(exponent + 2, "0");
  return `${sign}${padded.slice(0, exponent + 1)}.${padded.slice(exponent + 1)}`;
}

const TIMESTAMP =
  /^(\d{4})-(\d\d?)-(\d\d?)(?:[Tt]|[ \t]+)(\d\d?):(\d\d):(\d\d)(?:\.(\d*))?(?:[ \t]*(?:(Z)|([-+])(\d\d?)(?::(\d\d))?))?$/;

/** A time is written with a space, and microseconds where there are some. */
function timestampText(source: string): string | undefined {
  const [, year, month, day, hour, minute, second, fraction = "", zulu, sign, zoneHour, zoneMinute] =
    TIMESTAMP.exec(source) ?? [];
  if (year === undefined) return undefined;
  const two = (text = "0") => text.padStart(2, "0");
  const micros = fraction.slice(0, 6).padEnd(6, "0");
  const isUtc = zulu !== undefined || (sign !== undefined && Number(zoneHour) === 0 && Number(zoneMinute ?? 0) === 0);
  const zone = isUtc ? "+00:00" : sign === undefined ? "" : `${sign}${two(zoneHour)}:${two(zoneMinute)}`;
  return `${year}-${two(month)}-${two(day)} ${two(hour)}:${minute}:${second}${micros === "000000" ? "" : `.${micros}`}${zone}`;
}
