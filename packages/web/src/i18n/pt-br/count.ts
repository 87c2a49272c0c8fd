export const number = new Intl.NumberFormat("pt-BR");
export const count = (n: number, one: string, many: string) =>
  `${number.format(n)} ${Math.abs(n) < 2 && n !== 0 ? one : many}`;
