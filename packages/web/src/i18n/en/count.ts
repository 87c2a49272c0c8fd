import { lazily } from "../../shell/lazily.ts";

const integers = lazily(() => new Intl.NumberFormat("en"));
export const number = { format: (n: number) => integers().format(n) };
export const count = (n: number, one: string, many: string) => `${number.format(n)} ${n === 1 ? one : many}`;
