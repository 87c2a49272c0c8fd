import { emptyTransfer, type Ledger, readTransfer, type Transfer } from "../ledger/ledger.ts";
import { planFeatures } from "./catalogue.ts";
import type { FeatureDefinition } from "./feature.ts";
import { FeatureState } from "./feature-state.ts";
import { labelSchedule } from "./offline.ts";
import type { Holidays } from "./state/calendar.ts";

/** A transfer as it arrives: accounts and device by name. */
export interface NamedTransfer extends Omit<Transfer, "payer" | "payee" | "device"> {
  payer: string;
  payee: string;
  /** Null or empty when unknown. */
  device: string | null;
}

/** A fraud that became known, by names. */
export interface NamedFraud {
  readonly payer: string;
  readonly payee: string;
  readonly device: string | null;
  /** When the transfer was made, and when its fraud became known (ms, UTC). */
  readonly time: number;
  readonly knownAt: number;
  readonly typology?: number;
}

export interface OnlineFeaturesOptions {
  /** The model's columns, by name and in order (FeatureTable.names). */
  readonly names: readonly string[];
  /** Milliseconds to add to UTC for the customer's clock. */
  readonly utcOffset: number;
  /** Default "BR". */
  readonly holidays?: Holidays;
}

export interface OnlineFeatures {
  readonly names: readonly string[];
  readonly features: readonly FeatureDefinition[];
  /** The newest instant seen, ms since the epoch; -Infinity before anything. */
  readonly clock: number;
  /** The transfer's vector, then the transfer becomes past. The array is reused by the next call unless `into` is given. */
  process(transfer: NamedTransfer, into?: Float32Array): Float32Array;
  /** The vector only; the transfer leaves no trace. */
  compute(transfer: NamedTransfer, into?: Float32Array): Float32Array;
  /** The transfer becomes past, without a vector. */
  update(transfer: NamedTransfer): void;
  /** A fraud became known. One with `knownAt` still to come waits for it. */
  learn(fraud: NamedFraud): void;
  /** Makes rows [0, untilRow) of the ledger past, with the frauds that row `untilRow` may see. */
  warm(ledger: Ledger, untilRow?: number): void;
}

/** Features for a service: one transfer at a time, by names. Throws INVALID_PARAMETER_VALUE for an unknown feature. */
export function createOnlineFeatures(options: OnlineFeaturesOptions): OnlineFeatures {
  const plan = planFeatures(options.names);
  const state = new FeatureState({ plan, utcOffset: options.utcOffset, holidays: options.holidays ?? "BR" });
  const accounts = new Map<string, number>();
  const devices = new Map<string, number>();
  const vector = new Float32Array(plan.columns.length);
  const row = emptyTransfer();

  const intern = (names: Map<string, number>, name: string): number => {
    let index = names.get(name);
    if (index === undefined) {
      index = names.size;
      names.set(name, index);
    }
    return index;
  };
  const deviceIndex = (name: string | null): number => (name === null || name === "" ? -1 : intern(devices, name));
  const indexed = (transfer: NamedTransfer): Transfer =>
    Object.assign(row, transfer, {
      payer: intern(accounts, transfer.payer),
      payee: intern(accounts, transfer.payee),
      device: deviceIndex(transfer.device),
    });

  return {
    names: options.names,
    features: plan.definitions,
    get clock() {
      return state.clock;
    },
    process(transfer, into = vector) {
      state.process(indexed(transfer), into, 0);
      return into;
    },
    compute(transfer, into = vector) {
      state.compute(indexed(transfer), into, 0);
      return into;
    },
    update(transfer) {
      state.update(indexed(transfer));
    },
    learn(fraud) {
      state.learn({
        ...fraud,
        payer: intern(accounts, fraud.payer),
        payee: intern(accounts, fraud.payee),
        device: deviceIndex(fraud.device),
      });
    },
    warm(ledger, untilRow = ledger.rows) {
      const accountHere = new Int32Array(ledger.accounts).fill(-1);
      const deviceHere = new Int32Array(ledger.devices).fill(-1);
      const account = (index: number): number => {
        if (accountHere[index] === -1) accountHere[index] = intern(accounts, ledger.accountOf(index));
        return accountHere[index]!;
      };
      const device = (index: number): number => {
        if (index < 0) return -1;
        if (deviceHere[index] === -1) deviceHere[index] = intern(devices, ledger.deviceOf(index));
        return deviceHere[index]!;
      };
      const { time, payer, payee, device: deviceColumn } = ledger.transfers;
      const frauds = labelSchedule(ledger);
      let nextFraud = 0;
      const learnUntil = (limit: number): void => {
        while (nextFraud < frauds.count && frauds.visibleFrom[nextFraud]! <= limit) {
          const at = frauds.rows[nextFraud++]!;
          state.learn({
            payer: account(payer[at]!),
            payee: account(payee[at]!),
            device: device(deviceColumn?.[at] ?? -1),
            time: time[at]!,
            knownAt: ledger.labels.knownAt[at]!,
          });
        }
      };
      for (let at = 0; at < untilRow; at++) {
        learnUntil(at);
        readTransfer(ledger.transfers, at, row);
        row.payer = account(row.payer);
        row.payee = account(row.payee);
        row.device = device(row.device);
        state.update(row);
      }
      learnUntil(untilRow);
    },
  };
}
