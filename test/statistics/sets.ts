/** Sets of runs, briefly written. */

import fc from 'fast-check'
import type { Observation } from '../../src/statistics/observation.ts'

export const known = (...values: readonly number[]): Observation[] => values.map((value) => ({ value, censored: false }))
export const over = (...values: readonly number[]): Observation[] => values.map((value) => ({ value, censored: true }))

/** Whole numbers, so that ties are common and sums exact. */
export const numbers = (min: number, max: number) => fc.array(fc.integer({ min: -20, max: 20 }), { minLength: min, maxLength: max })
export const observations = (min: number, max: number) => fc.array(fc.record({ value: fc.integer({ min: 0, max: 20 }), censored: fc.boolean() }), { minLength: min, maxLength: max })

/** 6-mercaptopurine against placebo, weeks in remission (Freireich et al., Blood 21, 1963): the worked example of Gehan 1965 and of most books since. */
export const FREIREICH = {
  treated: [...known(6, 6, 6, 7, 10, 13, 16, 22, 23), ...over(6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)],
  placebo: known(1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23),
} as const

/** Annual flow of the Nile at Aswan, 1871 to 1970, in 10^8 m^3 (Cobb, Biometrika 65, 1978): it fell for good in 1899. */
export const NILE: readonly number[] = [
  1120, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140, 995, 935, 1110, 994, 1020, 960, 1180, 799, 958, 1140, 1100, 1210, 1150, 1250, 1260, 1220, 1030, 1100,
  774, 840, 874, 694, 940, 833, 701, 916, 692, 1020, 1050, 969, 831, 726, 456, 824, 702, 1120, 1100, 832, 764, 821, 768, 845, 864, 862, 698, 845, 744, 796, 1040, 759,
  781, 865, 845, 944, 984, 897, 822, 1010, 771, 676, 649, 846, 812, 742, 801, 1040, 860, 874, 848, 890, 744, 749, 838, 1050, 918, 986, 797, 923, 975, 815, 1020, 906,
  901, 1170, 912, 746, 919, 718, 714, 740,
]
