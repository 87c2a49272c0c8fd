/**
 * What is going to happen apart from everyday payments: fraud, honest look-alikes and changes of state, each with its
 * moment. The plan is made first; the engine then lives through it, day by day, together with everyday payments, so that
 * balances, limits and devices are those of that moment.
 */
import { DAY_MS } from "./calendar.ts";
import type { Period } from "./population.ts";

/** `pay` makes a transfer; the others change what later transfers see. */
export type EventKind = "pay" | "raise_limit" | "change_credentials" | "new_phone" | "travel" | "credit";

/** How a planned payment's amount follows from the moment: given; a share of the balance; a share of the purse passed on. */
export type AmountKind = "fixed" | "balance" | "purse";

export interface PlannedEvent {
  /** Milliseconds UTC. */
  readonly time: number;
  readonly kind: EventKind;
  /** Customer index: who pays, or whose state changes. */
  readonly customer: number;
  /** Account index of the payee; -1 to let the payer choose as usual. */
  readonly payee: number;
  readonly amountKind: AmountKind;
  /** Cents, or a share in 0-1; the city's index for `travel`; a credit's cents for `credit`. */
  readonly amount: number;
  /** Journeys: until when. */
  readonly until: number;
  /** Index into INITIATIONS; 0 to choose as usual. */
  readonly initiation: number;
  /** The key that the payer was given, where it is not the account's usual one. */
  readonly key: { readonly type: number; readonly registeredAt: number } | null;
  /** Device; -1 for the payer's own. */
  readonly device: number;
  /** RISK_BITS added to the session's own. */
  readonly riskBits: number;
  /** City of the session; -1 for where the customer is. */
  readonly city: number;
  /** Index into TYPOLOGIES: 0 for honest payments. */
  readonly typology: number;
  /** Index into the plan's episodes; -1 for honest payments. */
  readonly episode: number;
  /** The receiver puts the money aside to pass it on: it goes into the purse. */
  readonly fillsPurse: boolean;
}

/** A fraud episode's fate in the special return mechanism. NaN: never. */
export interface Episode {
  readonly typology: number;
  readonly reportedAt: number;
  /** When the accepted notification was known; NaN for unreported and for rejected ones. */
  readonly knownAt: number;
}

export class Plan {
  readonly events: PlannedEvent[] = [];
  readonly episodes: Episode[] = [];
  private readonly period: Period;

  constructor(period: Period) {
    this.period = period;
  }

  /** Adds the event unless it lies outside the period; says whether it was added. */
  add(event: Pick<PlannedEvent, "time" | "kind" | "customer"> & Partial<PlannedEvent>): boolean {
    if (!(event.time >= this.period.startMs && event.time < this.period.endMs)) return false;
    // Field by field, so that every event has one shape: a spread is five times slower, and there are many events.
    this.events.push({
      time: Math.floor(event.time),
      kind: event.kind,
      customer: event.customer,
      payee: event.payee ?? -1,
      amountKind: event.amountKind ?? "fixed",
      amount: event.amount ?? 0,
      until: event.until ?? Number.NaN,
      initiation: event.initiation ?? 0,
      key: event.key ?? null,
      device: event.device ?? -1,
      riskBits: event.riskBits ?? 0,
      city: event.city ?? -1,
      typology: event.typology ?? 0,
      episode: event.episode ?? -1,
      fillsPurse: event.fillsPurse ?? false,
    });
    return true;
  }

  /** The events of each day of the period, in the order in which they were planned. */
  byDay(): PlannedEvent[][] {
    const days: PlannedEvent[][] = Array.from({ length: this.period.days }, () => []);
    for (const event of this.events) days[Math.floor((event.time - this.period.startMs) / DAY_MS)]!.push(event);
    return days;
  }
}
