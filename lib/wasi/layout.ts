// Where the two snapshots of WASI lay records out differently. Every other record, error number and signature is the same.
//
// Snapshot 0 also numbers `whence` in another order (cur, end, set). Nothing here can seek, so no order is ever looked at.

/** The record layouts of one snapshot that differ from the other's; offsets and sizes in bytes. */
export interface SnapshotLayout {
  /** `filestat`: the link count is 64 bits wide in preview 1 and 32 bits in snapshot 0. */
  readonly filestatBytes: number;
  /** `subscription`, an array element of `poll_oneoff`. */
  readonly subscriptionBytes: number;
  /** `subscription_clock.id` within a subscription: snapshot 0 puts a 64-bit identifier of the clock before it. */
  readonly clockIdOffset: number;
}

/** `wasi_snapshot_preview1`. */
export const preview1Layout: SnapshotLayout = { filestatBytes: 64, subscriptionBytes: 48, clockIdOffset: 16 };

/** `wasi_unstable`, the snapshot before preview 1; old TinyGo modules import it. */
export const snapshot0Layout: SnapshotLayout = { filestatBytes: 56, subscriptionBytes: 56, clockIdOffset: 24 };
