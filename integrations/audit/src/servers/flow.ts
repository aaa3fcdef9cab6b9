// How many questions one policy-server is asked at once: more and more while it keeps up, half as many when it says that it
// does not. PURE.

/** How much a server is trusted to take. */
export interface Flow {
  /** Questions under way at once; a fraction counts towards the next one. */
  readonly limit: number;
  readonly most: number;
}

const least = 2;
const first = 16;

/** The flow to a server of which nothing is known yet. @param most what the operator allows at once */
export function newFlow(most: number): Flow {
  return { limit: Math.min(first, most), most };
}

/** The flow after an answer: in the time of as many answers as are under way it grows by one. */
export function afterAnswer({ limit, most }: Flow): Flow {
  return { limit: Math.min(most, limit + 1 / limit), most };
}

/** The flow after the server said that it has too much to do. */
export function afterRefusal({ limit, most }: Flow): Flow {
  return { limit: Math.max(Math.min(least, most), limit / 2), most };
}
