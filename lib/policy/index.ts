// The door `wasmwarden/policy`: the policy contract as schemas and pure functions.
export {};
