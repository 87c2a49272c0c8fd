/**
 * Every number of the simulated Pix world, in one place.
 *
 * Confidence marks: [V] published by the source named; [v1] one press or vendor source only; [A] an assumption made to
 * have a number: change it, and never quote it as a statistic. Money in R$ unless a name says cents.
 * `LogN(m, s)` is a log-normal with median m and standard deviation s of the logarithm.
 */

/** Victim frauds T1 to T10 of the reference, and the mules' own onward transfers. Order is the index in a ledger. */
export const TYPOLOGIES = [
  "none",
  "account_takeover",
  "false_call_centre",
  "whatsapp_impersonation",
  "tampered_qr",
  "remote_access",
  "fake_sale",
  "fake_investment",
  "bill_swap",
  "coercion",
  "wrong_pix",
  "mule_cash_out",
] as const;

export type Typology = (typeof TYPOLOGIES)[number];
export const VICTIM_TYPOLOGIES = TYPOLOGIES.filter(
  (name): name is VictimTypology => name !== "none" && name !== "mule_cash_out",
);
export type VictimTypology = Exclude<Typology, "none" | "mule_cash_out">;

/** A delay by its median and 90th percentile, in hours. */
export interface Delay {
  readonly median: number;
  readonly p90: number;
}

export interface TypologyParameters {
  /** Share of the fraudulent transfers of victims; the shares are scaled to sum to 1. [A] after Silverguard 2025's mix of scams [V]. */
  readonly mix: number;
  /** From the (last) transfer of the episode to the complaint, hours. [A] */
  readonly complaint: Delay;
  /** Probability that the episode is ever contested. [A] */
  readonly reported: number;
  /** LogN of one payment's amount, R$; unused where amounts follow the balance. [A] */
  readonly amount: { readonly median: number; readonly sigma: number };
  /** Susceptibility of the five age bands 18-24 ... 60+. [A] */
  readonly ages: readonly [number, number, number, number, number];
}

export interface WorldParameters {
  /** ISPB of the institution whose payments these are: eight digits, an example and nobody's. */
  readonly ispb: string;

  readonly population: {
    /** Payments a month of a person through this institution: 37 a user [V, derived] over about three institutions each [A]. */
    readonly personMonthly: number;
    /** Dispersion of the negative binomial of persons' activity: below 1 means many light users and few heavy ones. [A] */
    readonly activityShape: number;
    /** Companies for each person, and their payments a month. Together they make about 11 % of payments. [A] after the nature mix [V] */
    readonly companiesPerPerson: number;
    readonly companyMonthly: number;
    /** Accounts at other institutions, for each person here. [A] */
    readonly externalPersonsPerPerson: number;
    readonly externalCompaniesPerPerson: number;
    /** Share of companies that sell to the whole country online. [A] */
    readonly onlineShare: number;
    /** Share of accounts opened from 90 days before the period to its end. [A] */
    readonly recentShare: number;
    /** LogN of an older account's age at the start, days. [A] */
    readonly ageDays: { readonly median: number; readonly sigma: number };
    /** Persons in each community (family, work, street), customers of other institutions included. [A] */
    readonly communitySize: number;
    /** Persons in each city. [A] */
    readonly citySize: number;
    /** Shares of customers by age band 18-24, 25-34, 35-49, 50-59, 60+; activity relative to the mean. 60 of 100 payments by 20-39 [V]. */
    readonly ageShares: readonly [number, number, number, number, number];
    readonly ageActivity: readonly [number, number, number, number, number];
    /** Shares of North, Northeast, Central-West, Southeast, South. [A] near the census */
    readonly regionShares: readonly [number, number, number, number, number];
    /** Share of customers who give no position. [A] */
    readonly noPosition: number;
    /** Keys of persons (CPF, PHONE, EMAIL, EVP) and of companies (CNPJ, PHONE, EMAIL, EVP). [A] */
    readonly personKeys: readonly [number, number, number, number];
    readonly companyKeys: readonly [number, number, number, number];
  };

  readonly rhythm: {
    /** Relative rate Sunday ... Saturday. Sunday lowest [V]; Saturday near the weekdays [V]; values [A]. */
    readonly weekday: readonly [number, number, number, number, number, number, number];
    /** Factor on the 5th business day [V that records fall there], 20th, last business day; decays over `paydayDecayDays`. [A] */
    readonly payday: readonly [number, number, number];
    readonly paydayDecayDays: number;
    /** Relative rate by hour 0-23 of a business day and of a weekend. Nubank 2021: 38 % of weekday Pix after 17:00 [v1]; shape [A]. */
    readonly businessHours: readonly number[];
    readonly idleHours: readonly number[];
    /** Share of a person's payments that follow the own von Mises clock, and its concentration. [A] */
    readonly personalShare: number;
    readonly personalKappa: number;
    /** Standard deviation of a day's common noise (logarithm). [A] */
    readonly dayNoise: number;
    /** Probability that a payment is followed by another of the same payer, and the mean gap in seconds. [A] */
    readonly followUp: number;
    readonly followUpSeconds: number;
    /** Growth of the number of payments a year: 63.4 to 80 bn, 2024 to 2025 [V/v1]. */
    readonly yearlyGrowth: number;
  };

  readonly payment: {
    /**
     * Persons' amounts: LogN(28, 1.10) and a share of LogN(1500, 1.5), a fit of the published mean, p99 and 93 % below R$ 200 [A].
     * The fit's share of large ones is 0.04: here rents, deposits and other look-alikes make up the difference.
     */
    readonly everyday: { readonly median: number; readonly sigma: number };
    readonly large: { readonly median: number; readonly sigma: number; readonly share: number };
    readonly company: { readonly median: number; readonly sigma: number };
    /** Share of everyday amounts rounded to 5, 10, 20, 50 ..., and of QR prices ending in .90 or .99. [A] */
    readonly roundShare: number;
    readonly priceShare: number;
    /** Payee of a person: already paid; a known merchant of the city or country; otherwise new. [A] */
    readonly repeatShare: number;
    readonly merchantShare: number;
    /** Exponent of Zipf's law of merchants. [A] */
    readonly zipf: number;
    /** Of new payees: online seller, same community, contact of a contact; the rest anybody. [A] */
    readonly newOnline: number;
    readonly newCommunity: number;
    readonly newTwoHops: number;
    /** Payee of a company: already paid. [A] */
    readonly companyRepeatShare: number;
    /** Monthly salary against the expected spending: uniform between these. Makes low balances common before payday. [A] */
    readonly salaryFactor: readonly [number, number];
    /** When the balance is short: probability of moving money in from an own account elsewhere. [A] */
    readonly topUp: number;
    /** Daily limits of persons that exist, R$, and their shares; companies'. [A] */
    readonly dayLimits: readonly number[];
    readonly dayLimitShares: readonly number[];
    readonly companyLimit: number;
  };

  /** The rules that shape amounts. */
  readonly rules: {
    /** Persons to persons from 20:00 to 06:00, in total, R$: Res. BCB 142/2021, in force 4 Oct 2021 [V]. */
    readonly nightLimit: number;
    readonly nightFrom: string;
    /** A device never used for Pix by the customer: per transfer and per day, R$: Res. BCB 403/2024, 1 Nov 2024 [V]. */
    readonly newDeviceTransfer: number;
    readonly newDeviceDay: number;
    readonly newDeviceFrom: string;
  };

  readonly devices: {
    /** Second device: share of customers and of their payments. [A] */
    readonly secondOwners: number;
    readonly secondUse: number;
    /** Share of customers who change their phone in a month. [A] */
    readonly monthlyReplacement: number;
    /** Mean days until the new phone is registered. [A] */
    readonly registrationDays: number;
    /** Share of customers who pay with a device of another member of the family. [A] */
    readonly shared: number;
    /** Shares of devices rooted or with an accessibility service on; honest sessions with a call, a screen share, a pasted key. [A] */
    readonly rooted: number;
    readonly accessibility: number;
    readonly call: number;
    readonly screenShare: number;
    readonly pastedKey: number;
  };

  /** Honest behaviour that looks like fraud, events for each customer and month unless said otherwise. [A] */
  readonly lookAlikes: {
    readonly limitRaise: number;
    readonly credentialChange: number;
    readonly firstRent: number;
    readonly deposit: number;
    /** Money sent to a person in need, never paid before. */
    readonly relative: number;
    /** Purchases from strangers found by an advertisement. */
    readonly secondHand: number;
    /** Repeated, growing payments to a broker or a betting house. */
    readonly stakes: number;
    /** Several bills within minutes on payday. */
    readonly billRun: number;
    /** Emptying the account into an own or a relative's account. */
    readonly sweep: number;
    /** Journeys, with payments from elsewhere. */
    readonly travel: number;
    /** Money returned after a mistaken payment. */
    readonly giveBack: number;
    /** Freelancers for each person, and the jobs of each in a month, whose pay is passed on within the hour. */
    readonly freelancers: number;
    readonly freelanceJobs: number;
    /** Bazaars, raffles and collections for each 1,000 customers and month, and the payers of each. */
    readonly bazaars: number;
    readonly bazaarPayers: readonly [number, number];
    /** New shops for each 1,000 customers and month, and the buyers seen in each one's first weeks. */
    readonly newShops: number;
    readonly shopBuyers: readonly [number, number];
  };

  readonly fraud: {
    /** Share of the ledger's transfers that are fraud against a victim. An enrichment: the world has 7e-5 accepted (BCB 2022-2025 [V]). */
    readonly prevalence: number;
    /** Frauds known by an accepted notification, of all transfers [V]. What the ledger's labels are corrected to. */
    readonly publishedPrevalence: number;
    readonly typologies: { readonly [K in VictimTypology]: TypologyParameters };
    /** Multiplies victims' amounts by age band: 18-24 lose a quarter of what 60+ do (Silverguard 2025 [V], shape only). */
    readonly ageLoss: readonly [number, number, number, number, number];
    /** Share of takeovers on the criminal's own device; of those, on a device used against several victims. [A] */
    readonly takeoverNewDevice: number;
    readonly takeoverSharedDevice: number;
    /** Share of frauds whose payee the victim had paid before (a hacked friend's account, a shop gone bad). [A] */
    readonly knownPayee: number;
  };

  readonly mules: {
    /** Share of mules whose account is at this institution, so that the cash-out is seen. [A] */
    readonly internal: number;
    /** Share of company accounts at the start and end of the period: a drift. 65 % of value goes to companies (2025 [V]). */
    readonly companyShare: readonly [number, number];
    /** Rented or stolen accounts with a real, long history. [A] */
    readonly rented: number;
    /** Days between opening and first use of accounts opened for the purpose. [A] */
    readonly dormantDays: readonly [number, number];
    /** Days in use: social engineering and takeover; fake shops; investment schemes. [A] */
    readonly socialDays: readonly [number, number];
    readonly shopDays: readonly [number, number];
    readonly investmentDays: readonly [number, number];
    /** Payments of this institution's customers that one account in use receives each day; sets how many are in use at once. [A] */
    readonly receivedPerDay: number;
    /** Probability of a test payment before use. [A] */
    readonly testPayment: number;
    readonly ringSize: readonly [number, number];
    /** Mean minutes to the first onward transfer: median 4 min [A]. */
    readonly onwardMinutes: number;
    /** Share of the money sent on, and the mean gap between the parts, seconds. [A] */
    readonly onwardShare: readonly [number, number];
    readonly onwardGapSeconds: number;
  };

  /** MED, the special return mechanism: where labels come from. */
  readonly reports: {
    /** Contest within 80 days [V]. */
    readonly contestDays: number;
    /** From the complaint to the decision: LogN, days, cut at 7 (the payee's institution has 7 days [V]; the rest [A]). */
    readonly decisionDays: number;
    readonly decisionSigma: number;
    readonly decisionMaxDays: number;
    /** Notification accepted, given a real fraud; given a false claim. Not published. [A] */
    readonly accepted: number;
    readonly falseAccepted: number;
    /** Honest transfers contested, per transfer of the real world. Enriched by the same factor as fraud. [A] */
    readonly falseClaims: number;
    /** An accepted case is followed along the chain (MED 2.0, mandatory since 2 Feb 2026 [V]): probability [A], mean further days [A]. */
    readonly traced: number;
    readonly traceDays: number;
    /** Factor on complaint delays at the period's start and end: a drift (in-app contest since 1 Oct 2025 [V]; size [A]). */
    readonly delayTrend: readonly [number, number];
  };

  /** A typology that does not exist before `lateFrom` (a share of the period) and then is `lateShare` of all victim frauds. [A] */
  readonly lateTypology: VictimTypology | null;
  readonly lateFrom: number;
  readonly lateShare: number;
}

export const defaultParameters: WorldParameters = {
  ispb: "12345678",
  population: {
    personMonthly: 12,
    activityShape: 0.8,
    companiesPerPerson: 0.06,
    companyMonthly: 24,
    externalPersonsPerPerson: 2.2,
    externalCompaniesPerPerson: 0.22,
    onlineShare: 0.3,
    recentShare: 0.16,
    ageDays: { median: 900, sigma: 1.0 },
    communitySize: 120,
    citySize: 2400,
    ageShares: [0.17, 0.28, 0.29, 0.13, 0.13],
    ageActivity: [1.25, 1.35, 0.95, 0.6, 0.45],
    regionShares: [0.09, 0.27, 0.08, 0.42, 0.14],
    noPosition: 0.12,
    personKeys: [0.38, 0.34, 0.12, 0.16],
    companyKeys: [0.5, 0.12, 0.1, 0.28],
  },
  rhythm: {
    weekday: [0.7, 1, 1, 1, 1, 1.03, 0.9],
    payday: [1.4, 1.2, 1.2],
    paydayDecayDays: 3,
    businessHours: [
      1.0, 0.55, 0.35, 0.25, 0.28, 0.5, 1.2, 2.6, 4.2, 5.4, 6.0, 6.4, 7.0, 6.0, 5.9, 5.9, 6.0, 6.4, 7.1, 6.3, 5.4, 4.6,
      3.3, 2.0,
    ],
    idleHours: [
      1.6, 1.0, 0.65, 0.45, 0.4, 0.5, 0.9, 1.8, 3.4, 5.0, 6.0, 6.7, 7.2, 6.3, 5.8, 5.8, 6.0, 6.4, 6.9, 6.7, 6.0, 5.2,
      4.2, 2.9,
    ],
    personalShare: 0.3,
    personalKappa: 2.5,
    dayNoise: 0.03,
    followUp: 0.13,
    followUpSeconds: 200,
    yearlyGrowth: 0.2,
  },
  payment: {
    everyday: { median: 28, sigma: 1.1 },
    large: { median: 1500, sigma: 1.5, share: 0.022 },
    company: { median: 260, sigma: 1.5 },
    roundShare: 0.45,
    priceShare: 0.25,
    repeatShare: 0.64,
    merchantShare: 0.17,
    zipf: 1.1,
    newOnline: 0.35,
    newCommunity: 0.33,
    newTwoHops: 0.16,
    companyRepeatShare: 0.72,
    salaryFactor: [0.8, 2.4],
    topUp: 0.7,
    dayLimits: [1000, 2000, 3000, 5000, 10000, 20000],
    dayLimitShares: [0.08, 0.17, 0.25, 0.28, 0.15, 0.07],
    companyLimit: 50000,
  },
  rules: {
    nightLimit: 1000,
    nightFrom: "2021-10-04",
    newDeviceTransfer: 200,
    newDeviceDay: 1000,
    newDeviceFrom: "2024-11-01",
  },
  devices: {
    secondOwners: 0.2,
    secondUse: 0.2,
    monthlyReplacement: 0.025,
    registrationDays: 1.5,
    shared: 0.03,
    rooted: 0.015,
    accessibility: 0.03,
    call: 0.02,
    screenShare: 0.003,
    pastedKey: 0.12,
  },
  lookAlikes: {
    limitRaise: 0.02,
    credentialChange: 0.04,
    firstRent: 0.03,
    deposit: 0.02,
    relative: 0.08,
    secondHand: 0.15,
    stakes: 0.03,
    billRun: 0.05,
    sweep: 0.06,
    travel: 0.04,
    giveBack: 0.02,
    freelancers: 0.03,
    freelanceJobs: 2.5,
    bazaars: 1.6,
    bazaarPayers: [12, 45],
    newShops: 2.4,
    shopBuyers: [8, 40],
  },
  fraud: {
    prevalence: 0.005,
    publishedPrevalence: 7e-5,
    typologies: {
      account_takeover: {
        mix: 0.08,
        complaint: { median: 6, p90: 48 },
        reported: 0.9,
        amount: { median: 175, sigma: 0.12 },
        ages: [1, 1, 1, 1.1, 1.2],
      },
      false_call_centre: {
        mix: 0.06,
        complaint: { median: 4, p90: 24 },
        reported: 0.85,
        amount: { median: 2500, sigma: 0.9 },
        ages: [0.5, 0.7, 1, 1.8, 2.6],
      },
      whatsapp_impersonation: {
        mix: 0.1,
        complaint: { median: 5, p90: 36 },
        reported: 0.8,
        amount: { median: 1000, sigma: 0.8 },
        ages: [0.5, 0.7, 1, 1.8, 2.4],
      },
      tampered_qr: {
        mix: 0.04,
        complaint: { median: 72, p90: 480 },
        reported: 0.45,
        amount: { median: 70, sigma: 0.8 },
        ages: [1, 1, 1, 1, 1],
      },
      remote_access: {
        mix: 0.03,
        complaint: { median: 3, p90: 24 },
        reported: 0.9,
        amount: { median: 1500, sigma: 0.8 },
        ages: [0.6, 0.8, 1, 1.5, 2.2],
      },
      fake_sale: {
        mix: 0.4,
        complaint: { median: 144, p90: 720 },
        reported: 0.55,
        amount: { median: 190, sigma: 1.3 },
        ages: [1.3, 1.2, 1, 0.8, 0.6],
      },
      fake_investment: {
        mix: 0.18,
        complaint: { median: 288, p90: 1080 },
        reported: 0.5,
        amount: { median: 40, sigma: 0.6 },
        ages: [1.6, 1.3, 0.9, 0.6, 0.4],
      },
      bill_swap: {
        mix: 0.04,
        complaint: { median: 240, p90: 840 },
        reported: 0.75,
        amount: { median: 500, sigma: 1.0 },
        ages: [0.6, 0.9, 1.1, 1.3, 1.4],
      },
      coercion: {
        mix: 0.02,
        complaint: { median: 8, p90: 36 },
        reported: 0.85,
        amount: { median: 800, sigma: 0.7 },
        ages: [1.2, 1.2, 1, 0.8, 0.6],
      },
      wrong_pix: {
        mix: 0.05,
        complaint: { median: 24, p90: 240 },
        reported: 0.5,
        amount: { median: 180, sigma: 0.5 },
        ages: [1, 1, 1, 1.2, 1.3],
      },
    },
    ageLoss: [0.6, 0.8, 1, 1.25, 1.7],
    takeoverNewDevice: 0.7,
    takeoverSharedDevice: 0.4,
    knownPayee: 0.06,
  },
  mules: {
    internal: 0.15,
    companyShare: [0.35, 0.65],
    rented: 0.4,
    dormantDays: [30, 120],
    socialDays: [1, 8],
    shopDays: [5, 30],
    investmentDays: [4, 16],
    receivedPerDay: 1.2,
    testPayment: 0.5,
    ringSize: [5, 30],
    onwardMinutes: 5.8,
    onwardShare: [0.8, 1],
    onwardGapSeconds: 70,
  },
  reports: {
    contestDays: 80,
    decisionDays: 2,
    decisionSigma: 0.8,
    decisionMaxDays: 7,
    accepted: 0.75,
    falseAccepted: 0.15,
    falseClaims: 7.5e-6,
    traced: 0.6,
    traceDays: 1.5,
    delayTrend: [1, 0.7],
  },
  lateTypology: "fake_investment",
  lateFrom: 0.8,
  lateShare: 0.4,
};
