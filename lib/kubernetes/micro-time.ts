// Kubernetes' MicroTime, the type of a Lease's times.

/** Writes a time with six digits behind the second: Kubernetes' own parser takes no other number of them. */
export function formatMicroTime(epochMs: number): string {
  return new Date(epochMs).toISOString().replace('Z', '000Z');
}
