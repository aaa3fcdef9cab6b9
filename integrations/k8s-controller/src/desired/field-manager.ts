// The name under which the controller owns fields.

/** Distinct from the reference's, which writes as `controller`. */
export const fieldManager = 'wasmwarden-controller';
