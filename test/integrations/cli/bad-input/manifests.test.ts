import { suite } from 'uvu';

import { fixturePath, Folder, reviewPath } from '../cli-process.js';
import { addBadCases } from './bad-case.js';

const manifests = suite('cli/bad-input/manifests');
const folder = new Folder();
manifests.after(() => folder.remove());

const review = reviewPath('pod-allowed');
const missing = `${folder.path}/missing`;
const manifest = (name: string, content: string): readonly string[] => ['run', folder.file(`${name}.yaml`, content), '-r', review];

const good = 'apiVersion: policies.kubewarden.io/v1\nkind: AdmissionPolicy\nspec:\n  module: x.wasm\n';
const usable = good.replace('x.wasm', fixturePath('pod-privileged'));

addBadCases(manifests, {
  'a manifest with another apiVersion': { words: manifest('version', 'apiVersion: v1\nkind: AdmissionPolicy\n'), says: 'invalid apiVersion v1' },
  'a manifest of another kind': { words: manifest('kind', 'apiVersion: policies.kubewarden.io/v1\nkind: PolicyServer\n'), says: 'unknown kind PolicyServer, not a Kubewarden policy' },
  'a manifest without spec': { words: manifest('spec', 'apiVersion: policies.kubewarden.io/v1\nkind: AdmissionPolicy\n'), says: 'CRD does not have spec, but it is required for AdmissionPolicy' },
  'a manifest without a module': { words: manifest('module', 'apiVersion: policies.kubewarden.io/v1\nkind: AdmissionPolicy\nspec: {}\n'), says: 'cannot parse value into AdmissionPolicy: spec: missing field `module`' },
  'a manifest whose module is missing': { words: manifest('gone', `apiVersion: policies.kubewarden.io/v1\nkind: AdmissionPolicy\nspec: {module: ${missing}.wasm}\n`), says: 'Cannot find policy with uri' },
  'a manifest with settings that are no object': { words: manifest('list', `apiVersion: policies.kubewarden.io/v1\nkind: AdmissionPolicy\nspec: {module: x.wasm, settings: [1]}\n`), says: 'Invalid settings in CRD, not an object' },
  'a manifest of a group': { words: manifest('group', 'apiVersion: policies.kubewarden.io/v1\nkind: ClusterAdmissionPolicyGroup\nspec: {}\n'), says: 'policy groups are not built yet' },
  'an empty manifest': { words: manifest('empty', '# nothing\n'), says: `Cannot run the policies '${folder.path}/empty.yaml': it holds no policy` },
  'a manifest whose second policy is wrong': { words: manifest('second', `${good}---\n${good}  mode: Monitor\n  mutating: maybe\n`), says: /second\.yaml': document 2: cannot parse value into AdmissionPolicy: spec: mode: .*; mutating: expected boolean, received string$/ },
  'a manifest whose module is no module': { words: manifest('bytes', good.replace('x.wasm', folder.file('bytes.wasm', 'text'))), says: `Cannot use the policy 'file://${folder.path}/bytes.wasm': cannot use the Wasm module` },
  'a manifest with settings that the policy refuses': { words: manifest('refused', `${usable}---\n${usable}  settings: {skip_init_containers: 'yes'}\nmetadata: {name: second}\n`), says: `Cannot run the policy 'second' (file://${fixturePath('pod-privileged')}): Provided settings are not valid: ` },
  'a manifest of words': { words: manifest('words', 'hello\n'), says: 'a document is no map' },
  'a manifest that is missing': { words: ['run', `${missing}.yaml`, '-r', review], says: 'Cannot read the policies from' },
  'a manifest together with --raw': { words: [...manifest('raw', 'a: b\n'), '--raw'], says: /The --raw option cannot be used with a YAML file: .*raw\.yaml/ },
});

manifests.run();
