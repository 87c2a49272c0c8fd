/** The logarithm of the gamma function of a number above 0: Stirling's series from 10 on; smaller arguments are raised by the recurrence. */
export function logGamma(a: number): number {
  let shift = 0;
  let z = a;
  for (; z < 10; z++) shift -= Math.log(z);
  const square = 1 / (z * z);
  const series = 1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square / 1188)));
  return shift + (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + series / z;
}

/** The logarithm of the beta function of two numbers above 0. */
export const logBeta = (a: number, b: number): number => logGamma(a) + logGamma(b) - logGamma(a + b);
