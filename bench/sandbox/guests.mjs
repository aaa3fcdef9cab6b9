// The guests of the comparison, each with a request of about 3 KB that it answers.
import { readFileSync } from 'node:fs';

import msgpack from 'msgpack-lite';

const encoder = new TextEncoder();
const module = (name) => new Uint8Array(readFileSync(`build/fixtures/policies/${name}.wasm`));

/** An admission request as policies get it. */
function policyRequest() {
  const { request } = JSON.parse(readFileSync('fixtures/reviews/pod-allowed.json', 'utf8'));
  return encoder.encode(JSON.stringify({ request, settings: {} }));
}

/** By language: what it is, its module, and the call that is timed. */
export function guests() {
  const payload = policyRequest();
  const policy = (title, name) => ({ title, name, module: module(name), operation: 'validate', payload });
  return [
    policy('Rust', 'pod-privileged-rust'),
    policy('AssemblyScript', 'pod-privileged'),
    policy('C++', 'pod-privileged-cpp'),
    policy('JavaScript (QuickJS)', 'pod-privileged-javascript'),
    { title: 'MessagePack echo', name: 'messagepack', module: module('messagepack'), operation: 'echo', payload: new Uint8Array(msgpack.encode(JSON.parse(new TextDecoder().decode(payload)))) },
    policy('WAT echo', 'adversarial/echo'),
  ];
}
