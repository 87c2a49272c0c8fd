import { columnsOf, type FeatureDefinition, type FeatureGroup } from "./feature.ts";

const MINUTES = 1440;
const angle = (minute: number): number => (2 * Math.PI * minute) / MINUTES;
const SINE = Float64Array.from({ length: MINUTES }, (_, minute) => Math.sin(angle(minute)));
const COSINE = Float64Array.from({ length: MINUTES }, (_, minute) => Math.cos(angle(minute)));

const definitions = [
  {
    name: "hour_sin",
    definition: "Sine of the local time of day as an angle.",
    window: "now",
    unit: "-",
    entity: "transfer",
    pit: "P2",
  },
  {
    name: "hour_cos",
    definition: "Cosine of the local time of day as an angle.",
    window: "now",
    unit: "-",
    entity: "transfer",
    pit: "P2",
  },
  {
    name: "is_night",
    definition: "1 from 20:00 to 06:00 local time, when the night limit holds.",
    window: "now",
    unit: "flag",
    entity: "transfer",
    pit: "P3",
  },
  {
    name: "is_weekend_or_holiday",
    definition: "1 on Saturdays, Sundays and holidays of the calendar.",
    window: "now",
    unit: "flag",
    entity: "transfer",
    pit: "P3",
    cycleDays: 7,
  },
  {
    name: "days_since_payday",
    definition: "Business days since the latest 5th business day of a month.",
    window: "now",
    unit: "days",
    entity: "transfer",
    pit: "P3",
    cycleDays: 31,
  },
] as const satisfies readonly FeatureDefinition[];

const AT = columnsOf(definitions);

/** The payer's local clock and calendar. */
export const time: FeatureGroup = {
  definitions,
  write(m, row, at) {
    row[at + AT.hour_sin] = SINE[m.minute]!;
    row[at + AT.hour_cos] = COSINE[m.minute]!;
    row[at + AT.is_night] = m.isNight ? 1 : 0;
    row[at + AT.is_weekend_or_holiday] = m.day.isDayOff ? 1 : 0;
    row[at + AT.days_since_payday] = m.day.daysSincePayday;
  },
};
