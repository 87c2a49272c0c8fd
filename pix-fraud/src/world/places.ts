/** Cities of the world, with a region and a place on the map. The cities are invented; the regions' frames are Brazil's. */
import type { WorldParameters } from "./parameters.ts";
import { Alias, type Random } from "./random.ts";

export const REGIONS = ["North", "Northeast", "Central-West", "Southeast", "South"] as const;

/** South, north, west, east, degrees: a box inside each region. */
const FRAMES: readonly (readonly [number, number, number, number])[] = [
  [-10, 0, -66, -49],
  [-14, -4, -44, -35],
  [-20, -12, -58, -48],
  [-24, -18, -50, -41],
  [-30, -24, -55, -48.5],
];

export interface Places {
  readonly cities: number;
  readonly region: Uint8Array;
  readonly latitude: Float64Array;
  readonly longitude: Float64Array;
  /** Draws a city by its size. */
  readonly bySize: Alias;
}

export function buildPlaces(parameters: WorldParameters, persons: number, random: Random): Places {
  const cities = Math.max(REGIONS.length, Math.round(persons / parameters.population.citySize));
  const region = new Uint8Array(cities);
  const latitude = new Float64Array(cities);
  const longitude = new Float64Array(cities);
  const size = new Float64Array(cities);
  const regions = new Alias(parameters.population.regionShares);
  const inRegion = new Float64Array(REGIONS.length);
  for (let city = 0; city < cities; city++) {
    region[city] = city < REGIONS.length ? city : regions.draw(random);
    const [south, north, west, east] = FRAMES[region[city]!]!;
    latitude[city] = random.between(south, north);
    longitude[city] = random.between(west, east);
    size[city] = random.logNormal(1, 0.6);
    inRegion[region[city]!] = inRegion[region[city]!]! + size[city]!;
  }
  // Whatever number of cities a region happened to get, its people are its share.
  for (let city = 0; city < cities; city++) {
    const r = region[city]!;
    size[city] = (size[city]! / inRegion[r]!) * parameters.population.regionShares[r]!;
  }
  return { cities, region, latitude, longitude, bySize: new Alias(size) };
}
