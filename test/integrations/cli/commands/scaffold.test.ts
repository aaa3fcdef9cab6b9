// `scaffold admission-request`: a request that the other commands take.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { callCli, fixturePath, Folder } from '../cli-process.js';

const scaffold = suite('cli/commands/scaffold');
const folder = new Folder();
scaffold.after(() => folder.remove());

const pod = folder.file('pod.yaml', 'apiVersion: v1\nkind: Pod\nmetadata:\n  labels: {a: b}\n  name: web\nspec:\n  large: 9007199254740993\n  containers: [{name: web, image: nginx, securityContext: {privileged: true}}]\n');
const namespaced = folder.file('namespaced.json', '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","namespace":"shop"}}');
const cluster = folder.file('cluster.yaml', 'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n');
const custom = folder.file('custom.yaml', 'apiVersion: acme.io/v1\nkind: Widget\nmetadata: {name: w}\n');
const request = async (...words: readonly string[]): Promise<{ readonly document: Readonly<Record<string, unknown>>; readonly text: string; readonly stderr: string }> => {
  const { code, stdout, stderr } = await callCli(['scaffold', 'admission-request', ...words]);
  assert.is(code, 0, stderr);
  return { document: JSON.parse(stdout) as Readonly<Record<string, unknown>>, text: stdout, stderr };
};

scaffold('makes the request of a creation, in the shape of the reference', async () => {
  const { document, text, stderr } = await request('-o', 'CREATE', '--object', pod);
  assert.is(stderr, '');
  const { object, ...envelope } = document;
  const kind = { group: '', version: 'v1', kind: 'Pod' };
  const resource = { group: '', version: 'v1', resource: 'pods' };
  assert.equal(envelope, {
    uid: '705ab4f5-6393-11e8-b7cc-42010a800002',
    kind,
    resource,
    requestKind: kind,
    requestResource: resource,
    name: 'web',
    namespace: 'default',
    operation: 'CREATE',
    userInfo: { username: 'test-user', groups: ['system:masters'] },
    dryRun: false,
  });
  assert.equal(Object.keys((object as { readonly metadata: object }).metadata), ['labels', 'name'], 'the object is as it was written');
  assert.match(text, '"large": 9007199254740993');
});

scaffold('takes the namespace of the object, and none for kinds that have none', async () => {
  const deployment = (await request('-o', 'CREATE', '--object', namespaced)).document;
  assert.is(deployment['namespace'], 'shop');
  assert.equal(deployment['resource'], { group: 'apps', version: 'v1', resource: 'deployments' });
  assert.is((await request('-o', 'CREATE', '--object', cluster)).document['namespace'], undefined);
});

scaffold('gives each operation its objects', async () => {
  const update = (await request('--operation', 'UPDATE', '--object', pod, '--old-object', pod)).document;
  assert.ok(update['object'] !== undefined && update['oldObject'] !== undefined);
  const deletion = (await request('-o', 'DELETE', '--old-object', pod, '--object', pod)).document;
  assert.ok(deletion['object'] === undefined && deletion['oldObject'] !== undefined);
  assert.is(deletion['name'], 'web');
});

scaffold('warns of a kind that it does not know, and marks what is missing', async () => {
  const { document, stderr } = await request('-o', 'CREATE', '--object', custom);
  assert.equal(document['resource'], { group: 'acme.io', version: 'v1', resource: 'replace_this_with_the_plural_name_of_Widget' });
  assert.match(stderr, / WARN the kind acme\.io\/v1 Widget is not known here: /);
});

scaffold('makes a request that run takes', async () => {
  const { text } = await request('-o', 'CREATE', '--object', pod);
  const { code, stdout } = await callCli(['run', fixturePath('pod-privileged'), '-r', '-'], { stdin: text });
  assert.is(code, 0);
  assert.match(stdout, 'Privileged container is not allowed');
});

const refused: Readonly<Record<string, readonly [words: readonly string[], code: number, says: string]>> = {
  'a creation without object': [['-o', 'CREATE', '--old-object', pod], 2, "required option '--object <file>' not specified"],
  'an update without old object': [['-o', 'UPDATE', '--object', pod], 2, "required option '--old-object <file>' not specified"],
  'a deletion without old object': [['-o', 'DELETE'], 2, "required option '--old-object <file>' not specified"],
  'a missing operation': [['--object', pod], 2, "required option '-o, --operation <operation>' not specified"],
  'an unknown operation': [['-o', 'PATCH', '--object', pod], 2, "argument 'PATCH' is invalid. Allowed choices are CREATE, UPDATE, DELETE."],
  'an object without kind': [['-o', 'CREATE', '--object', folder.file('kindless.yaml', 'apiVersion: v1\n')], 1, 'Cannot make a request about the object: it has no apiVersion and kind.'],
  'an object that is a list': [['-o', 'CREATE', '--object', folder.file('list.yaml', '[]')], 1, 'Cannot make a request about the object: it is no map.'],
  'an object whose metadata is a word': [['-o', 'CREATE', '--object', folder.file('word.yaml', 'apiVersion: v1\nkind: Pod\nmetadata: x\n')], 1, 'its metadata is no map.'],
  'an object whose name is a number': [['-o', 'CREATE', '--object', folder.file('number.yaml', 'apiVersion: v1\nkind: Pod\nmetadata: {name: 7}\n')], 1, 'its metadata.name is no text.'],
  'objects of two kinds': [['-o', 'UPDATE', '--object', pod, '--old-object', cluster], 1, 'one is of the kind v1 Pod, the other of v1 Namespace'],
  'several objects in one file': [['-o', 'CREATE', '--object', folder.file('two.yaml', 'a: 1\n---\nb: 2\n')], 1, 'it holds 2 documents, expected one'],
  'a missing file': [['-o', 'CREATE', '--object', `${folder.path}/missing`], 1, 'there is no such file or folder'],
};
for (const [title, [words, expected, says]] of Object.entries(refused)) {
  scaffold(`refuses ${title}`, async () => {
    const { code, stdout, stderr } = await callCli(['scaffold', 'admission-request', ...words]);
    assert.is(code, expected);
    assert.is(stdout, '');
    assert.match(stderr, /^Error: [^\n]+\n$/);
    assert.match(stderr, says);
  });
}

scaffold('prints help when it is not told what to scaffold, as a usage error', async () => {
  const { code, stdout, stderr } = await callCli(['scaffold']);
  assert.is(code, 2);
  assert.is(stdout, '');
  assert.match(stderr, 'admission-request');
});

scaffold.run();
