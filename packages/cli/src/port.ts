import { invalid } from "@esteira/core/errors";

export function portOf(text: string | undefined): number {
  const port = Number(text);
  if (text === undefined || !/^\d+$/.test(text) || port > 65_535) {
    throw invalid(`--port is '${text ?? ""}': expected a whole number from 0 to 65535.`);
  }
  return port;
}
