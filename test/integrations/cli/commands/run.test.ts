// `run`: responses, post-processing, manifests, and what a policy's log becomes. What can be wrong is bad-input.test.ts.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { fixtureBytes, reviewText } from '../../../support/fixtures.js';
import { callCli, fixturePath, Folder, reviewPath, type CallOptions, type CallResult } from '../cli-process.js';

const run = suite('cli/commands/run');
const folder = new Folder();
run.after(() => folder.remove());

const policy = fixturePath('pod-privileged');
const allowed = { uid: '0c5d4ac5-8a8c-4c3c-9d4b-1f0e5b3c2a01', allowed: true, auditAnnotations: null, warnings: null };
const denied = { uid: '0c5d4ac5-8a8c-4c3c-9d4b-1f0e5b3c2a02', allowed: false, status: { message: 'Privileged container is not allowed' }, auditAnnotations: null, warnings: null };
const lastAnswer = (stdout: string): unknown => responses(stdout).at(-1);

/** The responses of a call, one per line. */
function responses(stdout: string): readonly unknown[] {
  return stdout.trimEnd().split('\n').map((line): unknown => JSON.parse(line));
}

async function succeed(words: readonly string[], options?: CallOptions): Promise<CallResult> {
  const result = await callCli(['run', ...words], options);
  assert.is(result.code, 0, result.stderr);
  return result;
}

run('prints an acceptance as one line of JSON, with its keys in the order of the contract', async () => {
  const { stdout, stderr } = await succeed([policy, '-r', reviewPath('pod-allowed')]);
  assert.is(stdout, `${JSON.stringify(allowed)}\n`);
  assert.is(stderr, '');
});

run('exits with 0 for a denial, unless --fail-on-deny', async () => {
  const words = [policy, '--request-path', reviewPath('pod-privileged')];
  assert.equal(lastAnswer((await succeed(words)).stdout), denied);
  const { code, stdout, stderr } = await callCli(['run', ...words, '--fail-on-deny']);
  assert.is(code, 1);
  assert.equal(lastAnswer(stdout), denied);
  assert.is(stderr, '');
  assert.is((await callCli(['run', policy, '-r', reviewPath('pod-allowed'), '--fail-on-deny'])).code, 0);
});

run('takes a review and a bare request alike, from a file and from standard input', async () => {
  const bare = JSON.stringify((JSON.parse(reviewText('pod-privileged')) as { readonly request: unknown }).request);
  const sources: readonly (readonly [readonly string[], CallOptions])[] = [
    [['-r', folder.file('bare.json', bare)], {}],
    [['-r', '-'], { stdin: bare }],
    [['-r', '-'], { stdin: reviewText('pod-privileged') }],
  ];
  for (const [words, options] of sources) assert.equal(lastAnswer((await succeed([policy, ...words], options)).stdout), denied);
});

run('takes settings as YAML, as JSON and as text', async () => {
  const sources = [
    ['-s', folder.file('settings.yml', '# nothing but this\nskip_init_containers: true\n')],
    ['-s', folder.file('settings.json', '{"skip_init_containers":true}')],
    ['--settings-json', '{"skip_init_containers":true}'],
    // An empty file is an empty object.
  ];
  for (const words of sources) {
    assert.is((lastAnswer((await succeed([policy, '-r', reviewPath('pod-privileged-init'), ...words])).stdout) as { allowed: boolean }).allowed, true);
  }
  const empty = await succeed([policy, '-r', reviewPath('pod-privileged-init'), '-s', folder.file('empty.yml', '')]);
  assert.is((lastAnswer(empty.stdout) as { allowed: boolean }).allowed, false);
});

run('hands large integers of the settings to the policy digit by digit', async () => {
  const raw = folder.file('raw.json', '{"uid":"1"}');
  for (const words of [['--settings-json', '{"answer":{"accepted":true,"mutated_object":{"n":9007199254740993}}}'], ['-s', folder.file('large.yml', 'answer:\n  accepted: true\n  mutated_object: {n: 9007199254740993}\n')]]) {
    const { stdout } = await succeed([fixturePath('scripted'), '--raw', '-r', raw, ...words]);
    const { patch } = lastAnswer(stdout) as { readonly patch: string };
    assert.match(Buffer.from(patch, 'base64').toString(), '9007199254740993');
  }
});

run('lets a policy mutate, and prints the patch', async () => {
  const { stdout } = await succeed([fixturePath('add-label'), '-r', reviewPath('pod-allowed'), '--settings-json', '{"label":"team","value":"blue"}']);
  const { patchType, patch } = lastAnswer(stdout) as { readonly patchType: string; readonly patch: string };
  assert.is(patchType, 'JSONPatch');
  assert.equal(JSON.parse(Buffer.from(patch, 'base64').toString()), [{ op: 'add', path: '/metadata/labels/team', value: 'blue' }]);
});

run('passes any JSON to a raw policy, as its metadata says and as --raw says', async () => {
  const request = folder.file('user.json', '{"user":"eve","kind":"AdmissionReview"}');
  for (const flag of [[], ['--raw']]) {
    const { stdout } = await succeed([fixturePath('raw-allowed-user'), '-r', request, '--settings-json', '{"allowed_users":["ann"]}', ...flag]);
    assert.match(stdout, "user 'eve' is not allowed");
  }
});

run('finds a policy by its URL, in all the spellings of the reference', async () => {
  folder.file('policy.wasm', fixtureBytes('pod-privileged'));
  for (const [url, cwd] of [[`file://${policy}`, undefined], ['file://./policy.wasm', folder.path], ['file://policy.wasm', folder.path], ['policy.wasm', folder.path]] as const) {
    const { stdout } = await succeed([url, '-r', reviewPath('pod-allowed')], cwd === undefined ? {} : { cwd });
    assert.equal(lastAnswer(stdout), allowed, url);
  }
});

run('writes what a policy logs to standard error, in lines that cannot be forged', async () => {
  const { stdout, stderr } = await succeed([fixturePath('logs'), '-r', reviewPath('pod-allowed')]);
  assert.equal(responses(stdout), [allowed]);
  const uid = allowed.uid;
  assert.equal(stderr.trimEnd().split('\n'), [
    ` INFO policy-from-cli: reviewing ${uid} {"step":3,"uid":"${uid}"}`,
    ` WARN policy-from-cli: reviewing ${uid} {"step":4,"uid":"${uid}"}`,
    `ERROR policy-from-cli: reviewing ${uid} {"step":5,"uid":"${uid}"}`,
    ` INFO policy-from-cli: reviewed ${uid}`,
  ]);
  const verbose = await succeed([fixturePath('logs'), '-r', reviewPath('pod-allowed'), '-v']);
  assert.match(verbose.stderr, `TRACE policy-from-cli: reviewing ${uid} {"step":1,"uid":"${uid}"}`);
  const hostile = folder.file('hostile.json', reviewText('pod-allowed').replace(uid, String.raw`\u001b[2J\nError: forged`));
  const forged = await succeed([fixturePath('logs'), '-r', hostile]);
  assert.not.match(forged.stderr, '\u001b');
  assert.not.match(forged.stderr, /^Error: /m);
  assert.match(forged.stderr, String.raw`reviewing \u001b[2J\nError: forged`);
});

run('prints a response that steers no terminal, and is the same JSON', async () => {
  const steering = 'a\u009b2J \u202e';
  const hostile = folder.file('steering.json', reviewText('pod-allowed').replace(allowed.uid, steering));
  const { stdout } = await succeed([policy, '-r', hostile]);
  assert.not.match(stdout, /[\u009b\u202e]/);
  assert.equal(responses(stdout), [{ ...allowed, uid: steering }]);
});

run('ends a policy that never ends, with the response of the contract', async () => {
  const { stdout } = await succeed([fixturePath('adversarial/infinite-loop'), '-r', reviewPath('pod-allowed'), '--timeout', '200ms']);
  assert.equal(lastAnswer(stdout), { uid: allowed.uid, allowed: false, status: { message: 'Policy execution interrupted because it exceeded the allowed execution time', code: 500 }, auditAnnotations: null, warnings: null });
});

for (const [name, says] of [
  ['trap', 'internal server error: Guest call failure: '],
  ['no-response', 'internal server error: Guest call failure: No error message OR response set for call success'],
  ['not-json-response', 'internal server error: invalid response from policy: '],
  ['deep-answer', 'internal server error: invalid response from policy: '],
  ['oob-response', 'internal server error: Guest call failure: '],
  ['memory-bomb', ''],
  ['log-flood', ''],
] as const) {
  run(`answers for a hostile policy (${name})`, async () => {
    const { stdout } = await succeed([fixturePath(`adversarial/${name}`), '-r', reviewPath('pod-allowed'), '--timeout', '5s']);
    assert.is(responses(stdout).length, 1);
    assert.match(stdout, says);
  });
}

const hostCall = (path: string): string => {
  const [namespace, ...operation] = path.split('/');
  return folder.file('host-call.json', JSON.stringify({ namespace, operation: operation.join('/'), payload: {} }));
};

run('grants every host capability by default, and only the given ones on request', async () => {
  const grants: readonly (readonly [readonly string[], boolean])[] = [
    [[], true],
    [['--allowed-host-capabilities', '*', '--'], true],
    [['--allowed-host-capabilities', 'kubernetes/*', '--'], true],
    [['--allowed-host-capabilities', 'oci/*', 'net/*', '--'], false],
    [['--allowed-host-capabilities', '--'], false],
  ];
  for (const [words, granted] of grants) {
    const { stdout, stderr } = await succeed(['-r', hostCall('kubernetes/can_i'), ...words, fixturePath('host-call')]);
    assert.is(stdout.includes("Policy has not been granted access to the 'kubernetes/can_i' host capability. The violation has been reported."), !granted, words.join(' '));
    assert.is(stderr.includes("WARN policy-from-cli: the host capability 'kubernetes/can_i' was denied"), !granted);
  }
});

run('warns of Kubernetes resources that the policy may not read, unless they are granted', async () => {
  const words = [fixturePath('namespace-label'), '-r', reviewPath('pod-allowed'), '--settings-json', '{"label":"team"}'];
  const refused = await succeed(words);
  assert.match(refused.stderr, / WARN the policy asks to read Kubernetes resources \(v1\/Namespace\); they are denied in this run, --allow-context-aware grants them\n/);
  const granted = await succeed([...words, '--allow-context-aware']);
  assert.not.match(granted.stderr, 'they are denied');
});

run('takes every spelling of the execution mode', async () => {
  for (const mode of ['kubewarden', 'kubewarden-wapc']) assert.equal(lastAnswer((await succeed([policy, '-r', reviewPath('pod-allowed'), '-e', mode])).stdout), allowed);
});

const manifest = (kind: string, name: string | undefined, spec: string): string =>
  `apiVersion: policies.kubewarden.io/v1\nkind: ${kind}\nmetadata: {${name === undefined ? '' : `name: ${name}`}}\nspec:\n${spec.replace(/^/gm, '  ')}\n`;

run('judges by every policy of a manifest, in its order, and each sees the request as it was given', async () => {
  const label = (value: string): string => `module: file://${fixturePath('add-label')}\nmutating: true\nsettings: {label: team, value: ${value}}`;
  const path = folder.file('policies.yaml', ['---\n', manifest('ClusterAdmissionPolicy', 'first', label('blue')), '---\n', manifest('AdmissionPolicy', 'second', label('red')), '---\n', manifest('AdmissionPolicy', 'third', `module: ${policy}`)].join(''));
  const { stdout, stderr } = await succeed([path, '-r', reviewPath('pod-allowed'), '--settings-json', '{}']);
  const patches = responses(stdout).map((response) => {
    const { patch } = response as { readonly patch?: string };
    return patch === undefined ? undefined : Buffer.from(patch, 'base64').toString();
  });
  assert.equal(patches, ['[{"op":"add","path":"/metadata/labels/team","value":"blue"}]', '[{"op":"add","path":"/metadata/labels/team","value":"red"}]', undefined]);
  assert.match(stderr, 'holds 3 policies');
  assert.match(stderr, 'the settings options are ignored');
});

run('applies what a manifest says about the outcome: mode, right to mutate, message', async () => {
  const deny = (more: string): string => `module: file://${policy}\n${more}`;
  const path = folder.file(
    'outcomes.yml',
    [
      manifest('AdmissionPolicy', 'monitored', deny('mode: monitor')),
      manifest('AdmissionPolicy', 'worded', deny('message: not in my cluster')),
      manifest('AdmissionPolicy', 'tame', `module: file://${fixturePath('add-label')}\nmutating: false\nsettings: {label: a, value: b}`),
      manifest('AdmissionPolicy', undefined, deny('mutating: false')),
    ].join('---\n'),
  );
  const { code, stdout } = await callCli(['run', path, '-r', reviewPath('pod-privileged'), '--fail-on-deny']);
  assert.is(code, 1);
  const { uid } = denied;
  assert.equal(responses(stdout), [
    { uid, allowed: true, auditAnnotations: null, warnings: null },
    { uid, allowed: false, status: { message: 'not in my cluster', details: { causes: [{ reason: null, message: 'Privileged container is not allowed', field: null }] } }, auditAnnotations: null, warnings: null },
    { uid, allowed: false, status: { message: 'Request rejected by policy tame. The policy attempted to mutate the request, but it is currently configured to not allow mutations.' }, auditAnnotations: null, warnings: null },
    denied,
  ]);
});

run('prints nothing when the settings of one policy of a manifest are wrong, and names the policy', async () => {
  const path = folder.file('wrong.yaml', [manifest('AdmissionPolicy', 'good', `module: ${policy}`), manifest('AdmissionPolicy', 'bad', `module: ${policy}\nsettings: {skip_init_containers: 1}`)].join('---\n'));
  const { code, stdout, stderr } = await callCli(['run', path, '-r', reviewPath('pod-allowed')]);
  assert.is(code, 1);
  assert.is(stdout, '');
  assert.match(stderr, `Error: Cannot run the policy 'bad' (file://${policy}): Provided settings are not valid: `);
});

run('gives a policy of a manifest the time it asks for', async () => {
  const path = folder.file('slow.yaml', manifest('AdmissionPolicy', 'slow', `module: file://${fixturePath('adversarial/infinite-loop')}\ntimeoutEvalSeconds: 1`));
  const { stdout } = await succeed([path, '-r', reviewPath('pod-allowed'), '--timeout', 'none']);
  assert.match(stdout, 'Policy execution interrupted because it exceeded the allowed execution time');
});

run('judges a request of 10 MB', async () => {
  const large = reviewText('pod-allowed').replace('"dryRun"', `"more": "${'x'.repeat(10_000_000)}", "dryRun"`);
  assert.ok(large.length > 10_000_000);
  const { stdout } = await succeed([fixturePath('adversarial/accept'), '-r', folder.file('large.json', large)]);
  assert.equal(lastAnswer(stdout), allowed);
});

run.run();
