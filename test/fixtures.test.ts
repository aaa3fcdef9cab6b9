// The guests themselves: every one is built, described, and answers as its promise needs. Hostile ones are only built
// here; what a host makes of them is tested with the host.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { BareGuest, type BareCapability } from './support/bare-host.js';
import { fixtureBytes, fixtureNames, reviewText } from './support/fixtures.js';

const fixtures = suite('fixtures');
const sources = 'fixtures/policies';
const hostile = 'adversarial/';

/** Name and promise of every row of a table. */
function promises(path: string): ReadonlyMap<string, string> {
  const rows = readFileSync(path, 'utf8').matchAll(/^\| `([^`]+)` \| (.+) \|$/gm);
  return new Map([...rows].map(([, name = '', promise = '']) => [name, promise]));
}

function metadataOf(name: string): readonly string[] {
  const sections = WebAssembly.Module.customSections(new WebAssembly.Module(fixtureBytes(name)), 'io.kubewarden.metadata');
  return sections.map((section) => new TextDecoder().decode(section));
}

fixtures('README.md lists every guest and nothing else', () => {
  const ordinary = fixtureNames().filter((name) => !name.startsWith(hostile));
  assert.equal([...promises(`${sources}/README.md`).keys()], ordinary);
});

fixtures('the table of hostile guests lists every one, with the promise its file begins with', () => {
  const inFiles = readdirSync(`${sources}/adversarial`)
    .filter((file) => file.endsWith('.wat'))
    .map((file) => [file.slice(0, -4), /^;; (.+)\n/.exec(readFileSync(`${sources}/adversarial/${file}`, 'utf8'))?.[1]]);
  assert.equal([...promises(`${sources}/adversarial/README.md`)], inFiles.sort());
  assert.equal(
    inFiles.map(([name]) => `${hostile}${name ?? ''}`),
    fixtureNames().filter((name) => name.startsWith(hostile)),
  );
});

fixtures('every guest is a valid module', () => {
  const names = fixtureNames();
  assert.ok(names.length > 100, `only ${names.length} guests were found`);
  assert.equal(names.filter((name) => !WebAssembly.validate(fixtureBytes(name))), []);
});

fixtures('a guest carries metadata exactly when metadata.yml lies beside its source', () => {
  for (const name of fixtureNames()) {
    const expected = existsSync(`${sources}/${name}/metadata.yml`) ? 1 : 0;
    assert.is(metadataOf(name).length, expected, name);
  }
});

fixtures('all metadata names the protocol version, the rules and whether the policy mutates', () => {
  for (const text of fixtureNames().flatMap(metadataOf)) {
    const metadata: unknown = JSON.parse(text);
    assert.ok(typeof metadata === 'object' && metadata !== null);
    assert.is(Reflect.get(metadata, 'protocolVersion'), 'v1');
    assert.type(Reflect.get(metadata, 'mutating'), 'boolean');
    assert.ok(Array.isArray(Reflect.get(metadata, 'rules')));
  }
});

/** A host that knows one namespace and logs into nothing. */
const cluster: BareCapability = ({ path, payload }) => {
  if (path === 'kubewarden/tracing/log') return '';
  if (path !== 'kubewarden/kubernetes/get_resource') throw new Error(`unknown: ${path}`);
  if (!payload.includes('"name":"shop"')) throw new Error('größe ☃');
  return '{"metadata":{"labels":{"team":"blue"}}}';
};

/** The request of a stored review inside a payload, as it stands there. */
function payloadOf(review: string, settings: string): string {
  const request = /"request": (\{[^]*\})\s*\}\s*$/.exec(reviewText(review))?.[1];
  assert.ok(request !== undefined, review);
  return `{"request":${request},"settings":${settings}}`;
}

const accepted = '{"accepted":true}';
const rejected = (message: string) => `{"accepted":false,"message":${JSON.stringify(message)}}`;
const invalid = (message: string) => `{"valid":false,"message":${JSON.stringify(message)}}`;
const containers = (text: string) => `{"request":{"object":{"kind":"Pod","spec":{"containers":[${text}]}}},"settings":{}}`;
const labelled = (object: string) => `{"request":{"object":${object}},"settings":{"label":"a/b","value":"x\\"\\u2603"}}`;
const nested = (depth: number) => `{"request":${'['.repeat(depth)}${']'.repeat(depth)}}`;

/** Title, guest, operation, payload, and the answer or (with `!`) the guest error. */
const cases: readonly (readonly [string, string, string, string, string])[] = [
  ['accepts an unprivileged Pod', 'pod-privileged', 'validate', payloadOf('pod-allowed', '{}'), accepted],
  ['rejects a privileged Pod', 'pod-privileged', 'validate', payloadOf('pod-privileged', '{}'), rejected('Privileged container is not allowed')],
  ['rejects a privileged init container', 'pod-privileged', 'validate', payloadOf('pod-privileged-init', '{}'), rejected('Privileged init container is not allowed')],
  ['skips init containers when told to', 'pod-privileged', 'validate', payloadOf('pod-privileged-init', '{"skip_init_containers":true}'), accepted],
  ['looks into the template of a Deployment', 'pod-privileged', 'validate', payloadOf('deployment-privileged', '{}'), rejected('Privileged container is not allowed')],
  ['accepts an unprivileged Deployment', 'pod-privileged', 'validate', payloadOf('deployment-allowed', '{}'), accepted],
  ['accepts a deletion, whatever the old object was', 'pod-privileged', 'validate', payloadOf('pod-delete', '{}'), accepted],
  ['does not mistake `spec.template` of another kind', 'pod-privileged', 'validate', payloadOf('custom-resource-numbers', '{}'), accepted],
  ['sees through an escape in a key', 'pod-privileged', 'validate', containers('{"securityContext":{"privi\\u006ceged":true}}'), rejected('Privileged container is not allowed')],
  ['refuses a key that occurs twice', 'pod-privileged', 'validate', containers('{"securityContext":{"privileged":true,"privileged":false}}'), "!duplicate key 'privileged'"],
  ['refuses the same key in two spellings', 'pod-privileged', 'validate', containers('{"securityContext":{"privileged":true,"\\u0070rivileged":false}}'), "!duplicate key 'privileged'"],
  ['refuses `truex`', 'pod-privileged', 'validate', containers('{"securityContext":{"privileged":truex}}'), '!cannot decode payload: expected a comma or the end of the object at byte 94'],
  ['refuses a string for a boolean', 'pod-privileged', 'validate', containers('{"securityContext":{"privileged":"true"}}'), "!'privileged' must be a boolean, found a string"],
  ['reads null as absent', 'pod-privileged', 'validate', containers('{"securityContext":null}'), accepted],
  ['refuses a malformed container behind a privileged one', 'pod-privileged', 'validate', containers('{"securityContext":{"privileged":true}},7'), "!'containers[1]' must be an object, found a number"],
  ['refuses trailing bytes', 'pod-privileged', 'validate', `${containers('')}x`, '!cannot decode payload: trailing characters at byte 76'],
  ['refuses a truncated payload', 'pod-privileged', 'validate', containers('').slice(0, -1), '!cannot decode payload: expected a comma or the end of the object at byte 75'],
  ['refuses an empty payload', 'pod-privileged', 'validate', '', '!cannot decode payload: unexpected end at byte 0'],
  ['reads as deep as it promises', 'pod-privileged', 'validate', nested(127), "!'request' must be an object, found an array"],
  ['refuses to read deeper', 'pod-privileged', 'validate', nested(128), '!cannot decode payload: nesting deeper than 128 at byte 138'],
  ['survives 100,000 open brackets', 'pod-privileged', 'validate', '['.repeat(100_000), '!cannot decode payload: nesting deeper than 128 at byte 128'],
  ['refuses a lone surrogate', 'pod-privileged', 'validate', '"\\ud800"', '!cannot decode payload: lone surrogate at byte 7'],
  ['refuses a control character', 'pod-privileged', 'validate', '"\n"', '!cannot decode payload: control character in a string at byte 1'],
  ['refuses a number with a leading zero', 'pod-privileged', 'validate', '01', '!cannot decode payload: trailing characters at byte 1'],
  ['takes empty settings', 'pod-privileged', 'validate_settings', '{}', '{"valid":true}'],
  ['refuses a setting of another type', 'pod-privileged', 'validate_settings', '{"skip_init_containers":"yes"}', invalid("'skip_init_containers' must be a boolean, found a string")],
  ['refuses settings that are no object', 'pod-privileged', 'validate_settings', '[]', invalid("'settings' must be an object, found an array")],
  ['speaks version 1', 'pod-privileged', 'protocol_version', '', '"v1"'],
  ['refuses an unknown operation', 'pod-privileged', 'valid\u00e4te', '', '!No handler registered for function valid\u00e4te'],

  ['adds labels where there are none', 'add-label', 'validate', labelled('{"n":1.0}'), '{"accepted":true,"mutated_object":{"metadata":{"labels":{"a/b":"x\\"☃"}},"n":1.0}}'],
  ['replaces labels that are null', 'add-label', 'validate', labelled('{"metadata":{"labels":null}}'), '{"accepted":true,"mutated_object":{"metadata":{"labels":{"a/b":"x\\"☃"}}}}'],
  ['changes a label spelt with an escape', 'add-label', 'validate', labelled('{"metadata":{"labels":{"a\\/b":"old"}}}'), '{"accepted":true,"mutated_object":{"metadata":{"labels":{"a\\/b":"x\\"☃"}}}}'],
  ['leaves a label alone that is right', 'add-label', 'validate', labelled('{"metadata":{"labels":{"a/b":"x\\"\\u2603"}}}'), accepted],
  ['does not mutate a deletion', 'add-label', 'validate', payloadOf('pod-delete', '{"label":"a","value":"b"}'), accepted],
  ['refuses labels that are no object', 'add-label', 'validate', labelled('{"metadata":{"labels":[]}}'), "!'labels' must be an object, found an array"],
  ['refuses settings without a value', 'add-label', 'validate_settings', '{"label":"a"}', invalid("'value' must be a string, found nothing")],
  ['refuses an empty label', 'add-label', 'validate_settings', '{"label":"","value":"b"}', invalid("'label' must not be empty")],

  ['accepts what the host vouches for', 'namespace-label', 'validate', payloadOf('pod-allowed', '{"label":"team"}'), accepted],
  ['rejects what the host does not vouch for', 'namespace-label', 'validate', payloadOf('pod-allowed', '{"label":"cost"}'), rejected("namespace 'shop' lacks the label 'cost'")],
  ['hands on a host error', 'namespace-label', 'validate', '{"request":{"namespace":"gone"},"settings":{"label":"team"}}', '!Host error: größe ☃'],

  ['makes the host call it is told', 'host-call', 'validate', '{"request":{"namespace":"kubernetes","operation":"get_resource","payload":{"name":"x","n":1.0}}}', '!Host error: größe ☃'],
  ['answers with what the host said', 'host-call', 'validate', '{"request":{"namespace":"kubernetes","operation":"get_resource","payload_text":"\\"name\\":\\"shop\\""}}', '{"accepted":true,"message":"{\\"metadata\\":{\\"labels\\":{\\"team\\":\\"blue\\"}}}"}'],
  ['names another binding', 'host-call', 'validate', '{"request":{"binding":"b","namespace":"n","operation":"o"}}', '!Host error: unknown: b/n/o'],

  ['lets a known user pass', 'raw-allowed-user', 'validate', '{"request":{"user":"ann"},"settings":{"allowed_users":["bob","ann"]}}', accepted],
  ['rejects an unknown user', 'raw-allowed-user', 'validate', '{"request":{"user":"eve"},"settings":{"allowed_users":["bob","ann"]}}', rejected("user 'eve' is not allowed")],
  ['refuses a list of other things', 'raw-allowed-user', 'validate_settings', '{"allowed_users":["bob",1]}', invalid("'allowed_users[1]' must be a string, found a number")],
  ['sets a missing user', 'raw-default-user', 'validate', '{"request":{"n":1e3},"settings":{"default_user":"ann"}}', '{"accepted":true,"mutated_object":{"user":"ann","n":1e3}}'],
  ['leaves a user alone', 'raw-default-user', 'validate', '{"request":{"user":"eve"},"settings":{"default_user":"ann"}}', accepted],

  ['answers as its settings say', 'scripted', 'validate', '{"request":{},"settings":{"answer":{"accepted":false,"code":7}}}', '{"accepted":false,"code":7}'],
  ['fails as its settings say', 'scripted', 'validate', '{"request":{},"settings":{"error":"größe ☃"}}', '!größe ☃'],
  ['refuses settings that ask for it', 'scripted', 'validate_settings', '{"settings_error":"no"}', invalid('no')],
];

for (const [title, name, operation, payload, expected] of cases) {
  fixtures(`${name} ${title}`, () => {
    const { kind, text } = new BareGuest(fixtureBytes(name), cluster).call(operation, payload);
    assert.is(kind === 'refused' ? `!${text}` : text, expected);
  });
}

fixtures('logs writes every level with its fields, and one line to the console', () => {
  const seen: string[] = [];
  const guest = new BareGuest(fixtureBytes('logs'), ({ path, payload }) => {
    seen.push(`${path} ${payload}`);
    return '';
  });
  assert.is(guest.call('validate', '{"request":{"uid":"u1"}}').text, accepted);
  assert.equal(
    seen,
    ['TRACE', 'DEBUG', 'INFO', 'WARNING', 'ERROR'].map(
      (level, index) => `kubewarden/tracing/log {"level":"${level}","message":"reviewing u1","uid":"u1","step":${index + 1}}`,
    ),
  );
  assert.equal(guest.lines, ['reviewed u1']);
});

const messages: readonly (readonly [string, string, readonly number[], string | readonly number[]])[] = [
  ['echoes a map', 'echo', [0x81, 0xa1, 0x61, 0x93, 0x01, 0xc0, 0xca, 0x3f, 0x80, 0x00, 0x00], [0x81, 0xa1, 0x61, 0x93, 0x01, 0xc0, 0xca, 0x3f, 0x80, 0x00, 0x00]],
  ['adds integers of every width', 'sum', [0x95, 0x01, 0xff, 0xcd, 0x01, 0x00, 0xd2, 0xff, 0xff, 0xff, 0xff, 0xcf, 0, 0, 0, 1, 0, 0, 0, 0], [0xcf, 0, 0, 0, 1, 0, 0, 0, 0xff]],
  ['adds nothing to zero', 'sum', [0x90], [0x00]],
  ['writes a negative sum', 'sum', [0x92, 0xd1, 0xff, 0x00, 0xe0], [0xd1, 0xfe, 0xe0]],
  ['refuses a sum beyond 64 bits', 'sum', [0x92, 0xcf, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], '!sum out of range'],
  ['refuses what is no integer', 'sum', [0x91, 0xc0], '!expected an integer'],
  ['refuses a length beyond the payload', 'echo', [0xdd, 0xff, 0xff, 0xff, 0xff], '!unexpected end'],
  ['refuses a second value', 'echo', [0x01, 0x02], '!trailing bytes'],
  ['refuses to nest without end', 'echo', Array.from({ length: 1000 }, () => 0x91), '!nesting deeper than 64'],
  ['refuses the one unused type', 'echo', [0xc1], '!unknown type'],
  ['knows no operation of policies', 'validate', [], '!No handler registered for function validate'],
];
for (const [title, operation, payload, expected] of messages) {
  fixtures(`messagepack ${title}`, () => {
    const { kind, text, bytes } = new BareGuest(fixtureBytes('messagepack')).call(operation, Uint8Array.from(payload));
    assert.equal(kind === 'refused' ? `!${text}` : [...bytes], expected);
  });
}

fixtures('a guest that refused one payload judges the next one', () => {
  const guest = new BareGuest(fixtureBytes('pod-privileged'));
  assert.is(guest.call('validate', '['.repeat(100_000)).kind, 'refused');
  assert.is(guest.call('validate', payloadOf('pod-privileged', '{}')).kind, 'answered');
});

fixtures('memory does not grow with the number of calls', () => {
  const guest = new BareGuest(fixtureBytes('add-label'));
  const payload = payloadOf('pod-allowed', '{"label":"a","value":"b"}');
  const run = () => {
    for (let i = 0; i < 200; i++) guest.call('validate', payload);
    return guest.memoryBytes;
  };
  assert.is(run(), run());
});

fixtures.run();
