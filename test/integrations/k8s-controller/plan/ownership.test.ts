import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { ownsMore, referencePlace } from '../../../../integrations/k8s-controller/src/plan/ownership.js';
import { seen } from '../support/objects.js';

const ownership = suite('k8s-controller/plan/ownership');

const applied = (fields: object, changes: object = {}): object => ({ managedFields: [{ manager: 'wasmwarden-controller', operation: 'Apply', apiVersion: 'v1', fieldsV1: fields, ...changes }] });
const container = { 'f:spec': { 'f:containers': { 'k:{"name":"main"}': { '.': {}, 'f:name': {}, 'f:env': { 'k:{"name":"A"}': { '.': {}, 'f:name': {}, 'f:value': {} } } } } } };
const main = (env: readonly object[]): object => ({ spec: { containers: [{ name: 'main', env }, { name: 'other' }] } });

for (const [title, metadata, wanted, expected] of [
  ['nothing is known of managers', {}, {}, false],
  ['managers are told of in a way that nobody knows', { managedFields: 'x' }, {}, false],
  ['what we applied is wanted', applied(container), main([{ name: 'A', value: '1' }, { name: 'B', value: '1' }]), false],
  ['an item that we applied is wanted no more', applied(container), main([{ name: 'B', value: '1' }]), true],
  ['a field that we applied is wanted no more', applied({ 'f:spec': { 'f:affinity': {} } }), { spec: {} }, true],
  ['a field is wanted as undefined', applied({ 'f:spec': { 'f:affinity': {} } }), { spec: { affinity: undefined } }, true],
  ['a field is wanted empty', applied({ 'f:spec': { 'f:affinity': {} } }), { spec: { affinity: {} } }, false],
  ['a label is wanted no more', applied({ 'f:metadata': { 'f:labels': { 'f:team': {} } } }), { metadata: { labels: {} } }, true],
  ['a value of a set is wanted', applied({ 'f:finalizers': { 'v:"a"': {} } }), { finalizers: ['b', 'a'] }, false],
  ['a value of a set is wanted no more', applied({ 'f:finalizers': { 'v:"a"': {} } }), { finalizers: ['b'] }, true],
  ['a key of an item is left to the API server', applied({ 'f:ports': { 'k:{"port":443,"protocol":"TCP"}': { 'f:port': {} } } }), { ports: [{ port: 443 }] }, false],
  ['a list is wanted no more', applied({ 'f:ports': { 'k:{"port":443}': {} } }), { ports: {} }, true],
  ['somebody else applied the field', applied({ 'f:a': {} }, { manager: 'kubectl' }), {}, false],
  ['we set the field by another way than applying', applied({ 'f:a': {} }, { operation: 'Update' }), {}, false],
  ['the field is of the status', applied({ 'f:a': {} }, { subresource: 'status' }), {}, false],
] as const) {
  ownership(`${title}: ${expected ? 'there is more' : 'there is no more'}`, () => assert.is(ownsMore(seen('Deployment', 'a', {}, metadata), wanted), expected));
}

const entry = (manager: string, operation: string, subresource?: string): object => ({ manager, operation, fieldsV1: {}, ...(subresource === undefined ? {} : { subresource }) });
for (const [title, managedFields, place] of [
  ['behind others', [entry('kubectl', 'Update'), entry('controller', 'Update')], 1],
  ['not where it only wrote the status', [entry('controller', 'Update', 'status')], undefined],
  ['not where we have applied already', [entry('controller', 'Update'), entry('wasmwarden-controller', 'Apply')], undefined],
  ['not where nothing is known of managers', undefined, undefined],
] as const) {
  ownership(`the reference stands among the managers: ${title}`, () => assert.is(referencePlace(seen('Deployment', 'a', {}, managedFields === undefined ? {} : { managedFields })), place));
}

ownership.run();
