// The addresses of Services, the same in every cluster: each has a network of its own.

/** Addresses of Services. */
export const SERVICE_RANGE = '10.96.0.0/16';

/** First address of the range: the API server's own Service. */
export const API_SERVICE_ADDRESS = '10.96.0.1';
