/**
 * Rows in sections, each summed by the weights of its rows' clusters, again and again. What one section holds of one
 * cluster is one term, and a section's terms go through the clusters in ascending order: memory is read forwards.
 */
export class SectionSums {
  /** Section s holds the terms from `#starts[s]` to `#starts[s + 1]`, without the latter. */
  readonly #starts: Int32Array;
  readonly #clusters: Int32Array;
  readonly #counts: Int32Array;

  /** `sections`: of each row, ascending; -1 for a row of none. `clusters`: of each row, below `clusterCount`. */
  constructor(sections: Int32Array, sectionCount: number, clusters: Int32Array, clusterCount: number) {
    const byCluster = stableOrder(clusters, clusterCount, identity(clusters.length));
    const order = stableOrder(sections, sectionCount, byCluster);
    this.#starts = new Int32Array(sectionCount + 1);
    const termClusters = new Int32Array(order.length);
    const counts = new Int32Array(order.length);
    let terms = 0;
    let section = -1;
    for (const row of order) {
      const cluster = clusters[row]!;
      const isNew = sections[row] !== section;
      if (isNew) while (section < sections[row]!) this.#starts[++section] = terms;
      if (isNew || termClusters[terms - 1] !== cluster) termClusters[terms++] = cluster;
      counts[terms - 1]!++;
    }
    while (section < sectionCount) this.#starts[++section] = terms;
    this.#clusters = termClusters.slice(0, terms);
    this.#counts = counts.slice(0, terms);
  }

  /** How many rows of a section there are when each cluster counts `weights[cluster]` times; of two draws at once (`packed`). */
  sum(section: number, weights: Float64Array): number {
    const clusters = this.#clusters;
    const counts = this.#counts;
    const end = this.#starts[section + 1]!;
    let term = this.#starts[section]!;
    // Four sums, because an addition waits for the one before it. All are of whole numbers, so their order changes nothing.
    let [a, b, c, d] = [0, 0, 0, 0];
    for (const last = end - 3; term < last; term += 4) {
      a += weights[clusters[term]!]! * counts[term]!;
      b += weights[clusters[term + 1]!]! * counts[term + 1]!;
      c += weights[clusters[term + 2]!]! * counts[term + 2]!;
      d += weights[clusters[term + 3]!]! * counts[term + 3]!;
    }
    for (; term < end; term++) a += weights[clusters[term]!]! * counts[term]!;
    return a + b + c + d;
  }
}

const identity = (length: number): Int32Array => Int32Array.from({ length }, (_, row) => row);

/** The rows of `order` by ascending key, in their order within a key; rows with the key -1 are left out. */
function stableOrder(keys: Int32Array, keyCount: number, order: Int32Array): Int32Array {
  const places = new Int32Array(keyCount + 1);
  for (const row of order) places[keys[row]! + 1]!++;
  const left = places[0]!;
  places[0] = 0;
  for (let key = 1; key <= keyCount; key++) places[key]! += places[key - 1]!;
  const sorted = new Int32Array(order.length - left);
  for (const row of order) {
    const key = keys[row]!;
    if (key >= 0) sorted[places[key]!++] = row;
  }
  return sorted;
}
