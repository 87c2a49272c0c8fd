/** The ledger's columns while they are being written. Entities are the simulation's own until `renumber`. */

export interface Rows {
  count: number;
  readonly time: Float64Array;
  readonly payer: Int32Array;
  readonly payee: Int32Array;
  readonly amountCents: Int32Array;
  readonly device: Int32Array;
  readonly keyType: Uint8Array;
  readonly initiation: Uint8Array;
  readonly balanceCents: Float64Array;
  readonly limitCents: Int32Array;
  readonly payerOpenedAt: Float64Array;
  readonly payeeOpenedAt: Float64Array;
  readonly keyRegisteredAt: Float64Array;
  readonly limitRaisedAt: Float64Array;
  readonly credentialsChangedAt: Float64Array;
  readonly riskBits: Uint8Array;
  readonly latitude: Float32Array;
  readonly longitude: Float32Array;
  readonly payeeIsCompany: Uint8Array;
  readonly payeeIsInternal: Uint8Array;
  readonly fraud: Uint8Array;
  readonly knownAt: Float64Array;
  readonly reportedAt: Float64Array;
  readonly typology: Uint8Array;
  readonly truth: Uint8Array;
  readonly payerAgeBand: Uint8Array;
  readonly payerRegion: Uint8Array;
}

export const allocateRows = (rows: number): Rows => ({
  count: 0,
  time: new Float64Array(rows),
  payer: new Int32Array(rows),
  payee: new Int32Array(rows),
  amountCents: new Int32Array(rows),
  device: new Int32Array(rows),
  keyType: new Uint8Array(rows),
  initiation: new Uint8Array(rows),
  balanceCents: new Float64Array(rows),
  limitCents: new Int32Array(rows),
  payerOpenedAt: new Float64Array(rows),
  payeeOpenedAt: new Float64Array(rows),
  keyRegisteredAt: new Float64Array(rows),
  limitRaisedAt: new Float64Array(rows),
  credentialsChangedAt: new Float64Array(rows),
  riskBits: new Uint8Array(rows),
  latitude: new Float32Array(rows),
  longitude: new Float32Array(rows),
  payeeIsCompany: new Uint8Array(rows),
  payeeIsInternal: new Uint8Array(rows),
  fraud: new Uint8Array(rows),
  knownAt: new Float64Array(rows).fill(Number.NaN),
  reportedAt: new Float64Array(rows).fill(Number.NaN),
  typology: new Uint8Array(rows),
  truth: new Uint8Array(rows),
  payerAgeBand: new Uint8Array(rows),
  payerRegion: new Uint8Array(rows),
});

/**
 * Replaces entity numbers by dense indexes in order of first appearance (payer before payee), in place.
 * Returns the old number of each new index.
 */
export function renumber(columns: readonly Int32Array[], rows: number, size: number): Int32Array {
  const indexOf = new Int32Array(size).fill(-1);
  const original = new Int32Array(size);
  let next = 0;
  for (let row = 0; row < rows; row++) {
    for (const column of columns) {
      const entity = column[row]!;
      if (indexOf[entity]! < 0) {
        original[next] = entity;
        indexOf[entity] = next++;
      }
      column[row] = indexOf[entity]!;
    }
  }
  return original.slice(0, next);
}
