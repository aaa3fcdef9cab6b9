// The shape of JSON that JavaScript can hold. Numbers are doubles here; where every digit counts see lossless.ts.

/** A JSON object; a member that is absent reads as `undefined`. */
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** Any JSON document as `JSON.parse` makes it. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
