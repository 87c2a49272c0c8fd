import { lazily } from "../../shell/lazily.ts";

const integers = lazily(() => new Intl.NumberFormat("pt-BR"));
export const number = { format: (n: number) => integers().format(n) };
export const count = (n: number, one: string, many: string) =>
  `${number.format(n)} ${Math.abs(n) < 2 && n !== 0 ? one : many}`;
