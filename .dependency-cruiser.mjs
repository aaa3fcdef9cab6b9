// The layer table and the effects table of ARCHITECTURE.md as rules.

const pureLayers = '^lib/(wasm|wapc|wasi|policy|json|audit)/';
const ground = '^lib/(fault|outcome|deadline|events)\\.ts$';

/** A layer may import itself, the ground and the named layers; nothing else of lib. */
const layer = (name, allowed) => ({
  name: `layer-${name.replaceAll('/', '-')}`,
  comment: `lib/${name} may import only ${['itself', 'the ground', ...allowed].join(', ')}.`,
  severity: 'error',
  from: { path: `^lib/${name}/`, pathNot: `^lib/${name}/index\\.ts$` },
  to: { path: '^lib/', pathNot: [`^lib/${name}/`, ground, ...allowed.map((other) => `^lib/${other}/`)] },
});

/** An effect (a Node module or a package) may appear only in the listed files. */
const effect = (name, what, where) => ({
  name: `effect-${name}`,
  comment: `${name} may appear only in the files listed here.`,
  severity: 'error',
  from: { path: '^(lib|integrations)/', pathNot: where },
  // A type has no effect.
  to: { path: what, dependencyTypesNot: ['type-only'] },
});

export default {
  forbidden: [
    { name: 'no-cycle', comment: 'Cycles hide the direction of data.', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-orphan', comment: 'A module nobody imports is dead.', severity: 'error', from: { orphan: true, path: '^(lib|integrations)/', pathNot: ['index\\.ts$', 'main\\.ts$', 'entry\\.ts$'] }, to: {} },
    { name: 'not-resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    { name: 'doors-are-for-outsiders', comment: 'Inside lib modules import each other directly.', severity: 'error', from: { path: '^lib/' }, to: { path: ['^lib/index\\.ts$', '^lib/[^/]+/index\\.ts$', '^lib/[^/]+/[^/]+/index\\.ts$'] } },
    { name: 'ground-imports-nothing', severity: 'error', from: { path: ground }, to: { path: '^lib/', pathNot: ground } },
    { name: 'lib-below-integrations', severity: 'error', from: { path: '^lib/' }, to: { path: '^integrations/' } },
    { name: 'integrations-use-doors', comment: 'Integrations import wasmwarden by name.', severity: 'error', from: { path: '^integrations/([^/]+)/' }, to: { path: '^lib/', pathNot: ['^lib/index\\.ts$', '^lib/[a-z]+/index\\.ts$'] } },
    { name: 'integrations-apart', severity: 'error', from: { path: '^integrations/([^/]+)/' }, to: { path: '^integrations/([^/]+)/', pathNot: '^integrations/$1/' } },
    { name: 'pure-layers-know-no-node', severity: 'error', from: { path: pureLayers }, to: { dependencyTypes: ['core'] } },
    { name: 'pure-layers-know-few-packages', severity: 'error', from: { path: pureLayers }, to: { path: 'node_modules', pathNot: 'node_modules/(zod|@wapc/host|msgpack-lite|@types/msgpack-lite|int64-buffer)/' } },
    layer('wasm', []),
    layer('json', []),
    layer('wapc', ['wasm']),
    layer('wasi', ['wasm', 'wapc']),
    layer('policy', ['json', 'wasm']),
    layer('http', []),
    layer('oci', ['http']),
    layer('kubernetes', ['json', 'http']),
    layer('audit', ['json', 'kubernetes', 'policy']),
    layer('source', ['http', 'oci', 'policy', 'wasm']),
    layer('capabilities', ['json', 'http', 'oci']),
    { name: 'worker-owns-nothing', comment: 'The thread that runs hostile code imports only byte layers, and reads verdicts (docs/adr/0007).', severity: 'error', from: { path: '^lib/runtime/worker/' }, to: { path: '^lib/', pathNot: ['^lib/runtime/(worker|bridge)/', '^lib/(wasm|wapc|wasi)/', '^lib/policy/verdict\\.ts$', ground] } },
    effect('@wapc/host', 'node_modules/@wapc/host', ['^lib/wapc/host\\.ts$']),
    effect('msgpack-lite', 'node_modules/(@types/)?msgpack-lite', ['^lib/wapc/codec\\.ts$']),
    effect('worker_threads', '^(node:)?worker_threads$', ['^lib/runtime/(pool/pool|pool/worker-slot|loader/loader|loader/entry|worker/entry|worker/host-call)\\.ts$']),
    effect('undici', 'node_modules/undici', ['^lib/http/(undici-transport|tunnel)\\.ts$', '^integrations/audit/src/servers/policy-server\\.ts$']),
    effect('@kubernetes/client-node', 'node_modules/@kubernetes/client-node', ['^lib/kubernetes/config\\.ts$']),
    effect('tar-stream', 'node_modules/tar-stream', ['^lib/source/archive\\.ts$']),
    effect('child_process', '^(node:)?child_process$', ['^lib/oci/credential-helper\\.ts$']),
    effect('network', '^(node:)?(net|tls|http|https|http2|dgram|dns|dns/promises)$', [
      '^lib/kubernetes/https-transport\\.ts$',
      '^lib/capabilities/(system-resolver|crypto/mozilla-roots)\\.ts$',
      '^lib/http/(undici-transport|tunnel|proxies)\\.ts$',
      '^integrations/webhook-server/src/(sockets/api-server|sockets/probe-server|option-values|config|tls/tls-material)\\.ts$',
      '^integrations/audit/src/servers/server-tls\\.ts$',
      '^integrations/k8s-controller/src/(probe-server|control/serving-probe|validation/server)\\.ts$',
    ]),
    effect('fs', '^(node:)?fs(/promises)?$', [
      '^lib/runtime/loader/entry\\.ts$',
      '^lib/source/(archive|atomic-file|docker-config-file|module-store|module-target|partial-files|sources-file)\\.ts$',
      '^integrations/[^/]+/src/main\\.ts$',
      '^integrations/cli/src/commands/',
      '^integrations/cli/src/files\\.ts$',
      '^integrations/webhook-server/src/tls/certificate-files\\.ts$',
      '^integrations/audit/src/servers/tls-files\\.ts$',
    ]),
    effect('crypto', '^(node:)?crypto$', [
      '^lib/runtime/(loader|worker)/entry\\.ts$',
      '^lib/capabilities/crypto/signatures\\.ts$',
      '^lib/oci/digest\\.ts$',
      '^lib/source/(atomic-file|module-content|module-store|partial-files|sources-file|store-layout)\\.ts$',
      '^integrations/webhook-server/src/tls/tls-material\\.ts$',
      '^integrations/cli/src/commands/inspect\\.ts$',
      '^integrations/audit/src/(main|watch/memory)\\.ts$',
      '^integrations/k8s-controller/src/(main|apply/event-recorder|certificates/(authority|key-pair)|desired/config-hash|validation/webhook-check)\\.ts$',
    ]),
    effect('@peculiar/x509', 'node_modules/@peculiar/x509', ['^integrations/k8s-controller/src/certificates/authority\\.ts$']),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // What is built is arranged from what is checked.
    exclude: { path: '^integrations/[^/]+/dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['@wasmwarden/source', 'types', 'import', 'node', 'default'] },
  },
};
