import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { PolicyServer } from '../../../../integrations/k8s-controller/src/crds/custom-object.js';
import { desiredDeployment } from '../../../../integrations/k8s-controller/src/desired/deployment.js';
import type { ServerDefaults, Telemetry } from '../../../../integrations/k8s-controller/src/desired/server-defaults.js';
import { replicatedVariables } from '../../../../integrations/k8s-controller/src/desired/telemetry.js';
import { assertGolden } from '../support/golden.js';
import { defaults, hash, policyServer } from '../support/objects.js';

const deployments = suite('k8s-controller/desired/deployment');

interface Shape {
  readonly metadata: { readonly labels: Readonly<Record<string, string>>; readonly annotations: Readonly<Record<string, string>> };
  readonly spec: {
    readonly replicas?: number;
    readonly template: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>>; readonly annotations: Readonly<Record<string, string>> };
      readonly spec: Readonly<Record<string, unknown>> & {
        readonly containers: readonly (Readonly<Record<string, unknown>> & { readonly env: readonly { readonly name: string; readonly value?: string }[]; readonly volumeMounts: readonly { readonly mountPath: string }[] })[];
        readonly volumes: readonly { readonly name: string }[];
      };
    };
  };
}

const build = (server: PolicyServer, given: Partial<ServerDefaults> = {}, replicas: number | undefined = server.spec.replicas): Shape =>
  desiredDeployment({ server, hash: hash('a'), defaults: defaults(given), replicas }) as unknown as Shape;
const environment = (server: PolicyServer, given: Partial<ServerDefaults> = {}): readonly (readonly [string, string | undefined])[] => build(server, given).spec.template.spec.containers[0]?.env.map(({ name, value }) => [name, value] as const) ?? [];
const valueOf = (server: PolicyServer, name: string, given: Partial<ServerDefaults> = {}): string | undefined => environment(server, given).find(([key]) => key === name)?.[1];

deployments('the smallest server, whole', () => assertGolden('deployment.minimal', build(policyServer())));

deployments('a server that uses every field, whole', () => {
  const server = policyServer({
    annotations: { team: 'blue' },
    labels: { team: 'blue', 'app.kubernetes.io/component': 'mine' },
    env: [{ name: 'KUBEWARDEN_LOG_LEVEL', value: 'debug' }, { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }],
    serviceAccountName: 'policy-server',
    imagePullSecret: 'registry',
    insecureSources: ['a:5000'],
    verificationConfig: 'signatures',
    sigstoreTrustConfig: 'trust',
    securityContexts: { container: { runAsUser: 5 }, pod: { fsGroup: 6 } },
    affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'zone' }] } },
    limits: { cpu: '500m', memory: '1Gi' },
    requests: { cpu: '250m' },
    tolerations: [{ key: 'a', operator: 'Exists' }],
    priorityClassName: 'critical',
    webhookPort: 9000,
    readinessProbePort: 9001,
  });
  const collector = { kind: 'remote', variables: { OTEL_EXPORTER_OTLP_CERTIFICATE: '/otel/ca.crt', OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector:4317' }, certificateSecret: 'otel-ca', clientCertificateSecret: undefined } as const;
  const given = { telemetry: { metrics: true, tracing: true, collector }, alwaysAcceptOwnNamespace: true, clientCaConfigMap: 'client-ca', imagePullSecrets: ['pull'] };
  assertGolden('deployment.full', build(server, given));
});

deployments('the controller\'s labels win, the user\'s own stay', () => {
  const { metadata, spec } = build(policyServer({ labels: { 'a': 'b', 'app': 'mine', 'kubewarden/policy-server': 'mine' } }));
  assert.equal([metadata.labels['a'], metadata.labels['kubewarden/policy-server']], ['b', 'default']);
  assert.equal([spec.template.metadata.labels['a'], spec.template.metadata.labels['app']], ['b', 'kubewarden-policy-server-default']);
});

deployments('the PolicyServer is left as it was: the sidecar\'s annotation does not end up among the user\'s', () => {
  const server = policyServer({ annotations: { a: 'b' } });
  const telemetry: Telemetry = { metrics: true, tracing: false, collector: { kind: 'sidecar' } };
  assert.equal(build(server, { telemetry }).spec.template.metadata.annotations, { 'a': 'b', 'sidecar.opentelemetry.io/inject': 'true' });
  assert.equal(server.spec.annotations, { a: 'b' });
});

deployments('the annotations are in the same order every time', () => {
  const server = policyServer({ annotations: { c: '1', a: '2', b: '3' } });
  assert.is(JSON.stringify(build(server)), JSON.stringify(build(server)));
});

deployments('a variable that the user sets wins over ours, once', () => {
  const server = policyServer({ env: [{ name: 'KUBEWARDEN_PORT', value: '1' }, { name: 'A', value: '1' }, { name: 'A', value: '2' }] });
  const names = environment(server).map(([name]) => name);
  assert.is(new Set(names).size, names.length);
  assert.equal([valueOf(server, 'KUBEWARDEN_PORT'), valueOf(server, 'A')], ['1', '2']);
});

deployments('what the PolicyServer configures wins over the user\'s variables', () => {
  const server = policyServer({ imagePullSecret: 's', env: [{ name: 'KUBEWARDEN_DOCKER_CONFIG_JSON_PATH', value: '/mine' }] });
  assert.is(valueOf(server, 'KUBEWARDEN_DOCKER_CONFIG_JSON_PATH'), '/home/kubewarden/.docker');
});

deployments('the pull secret of the PolicyServer is mounted and no Pod pull secret, that of the controller the reverse', () => {
  const { spec } = build(policyServer({ imagePullSecret: 'mounted' }), { imagePullSecrets: ['pod'] }).spec.template;
  assert.equal(spec['imagePullSecrets'], [{ name: 'pod' }]);
  assert.ok(spec.volumes.some((volume) => JSON.stringify(volume).includes('mounted')));
  assert.not.ok(spec.volumes.some((volume) => JSON.stringify(volume).includes('"pod"')));
});

deployments('sources are mounted only where there are some', () => {
  const mounts = (spec: object): readonly string[] => build(policyServer(spec)).spec.template.spec.containers[0]?.volumeMounts.map(({ mountPath }) => mountPath) ?? [];
  assert.not.ok(mounts({ insecureSources: [], sourceAuthorities: {} }).includes('/sources'));
  assert.ok(mounts({ sourceAuthorities: { a: ['PEM'] } }).includes('/sources'));
});

deployments('the version is on the Deployment, on its Pods and in the name of what they mount', () => {
  const { metadata, spec } = build(policyServer());
  assert.equal([metadata.annotations['kubewarden/config-version'], spec.template.metadata.labels['kubewarden/config-version']], [hash('a'), hash('a')]);
  assert.ok(JSON.stringify(spec.template.spec.volumes).includes(`policy-server-default-${hash('a')}`));
});

deployments('in the network of the Node, names are looked up in the cluster first', () => {
  const { spec } = build(policyServer(), { hostNetwork: true }).spec.template;
  assert.equal([spec['hostNetwork'], spec['dnsPolicy']], [true, 'ClusterFirstWithHostNet']);
});

deployments('a Pod that is told to go takes requests until everybody knows, and has the time to answer the longest of them', () => {
  const { spec } = build(policyServer()).spec.template;
  const [container] = spec.containers;
  const { preStop } = container?.['lifecycle'] as { readonly preStop: { readonly sleep: { readonly seconds: number } } };
  // The policy-server itself takes requests for three seconds more, and a policy may be given thirty.
  assert.ok(Number(spec['terminationGracePeriodSeconds']) > preStop.sleep.seconds + 3 + 30);
});

deployments('the number of Pods can be left to somebody else', () => {
  const left = desiredDeployment({ server: policyServer(), hash: hash('a'), defaults: defaults(), replicas: undefined }) as unknown as Shape;
  assert.not.ok('replicas' in left.spec);
});

const remote = { kind: 'remote', variables: { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://c:4317' }, certificateSecret: undefined, clientCertificateSecret: undefined } as const;
for (const [title, telemetry, hostNetwork, expected] of [
  ['off: nothing is added', { metrics: false, tracing: false, collector: remote }, false, [undefined, undefined, undefined]],
  ['metrics to a remote collector', { metrics: true, tracing: false, collector: remote }, false, ['true', undefined, 'https://c:4317']],
  ['tracing to a remote collector', { metrics: false, tracing: true, collector: remote }, false, [undefined, 'otlp', 'https://c:4317']],
  ['metrics to a sidecar', { metrics: true, tracing: false, collector: { kind: 'sidecar' } }, false, ['true', undefined, 'http://localhost:4317']],
  ['off with a sidecar: nothing is added', { metrics: false, tracing: false, collector: { kind: 'sidecar' } }, false, [undefined, undefined, undefined]],
] as const) {
  deployments(`telemetry ${title}`, () => {
    const given = { telemetry, hostNetwork };
    assert.equal(['KUBEWARDEN_ENABLE_METRICS', 'KUBEWARDEN_LOG_FMT', 'OTEL_EXPORTER_OTLP_ENDPOINT'].map((name) => valueOf(policyServer(), name, given)), expected);
  });
}

deployments('a switch of telemetry takes the place of the user\'s', () => {
  const server = policyServer({ env: [{ name: 'KUBEWARDEN_ENABLE_METRICS', value: 'false' }, { name: 'KUBEWARDEN_LOG_FMT', value: 'text' }, { name: 'Z', value: '1' }] });
  const names = environment(server, { telemetry: { metrics: true, tracing: true, collector: { kind: 'sidecar' } } });
  assert.equal(names.slice(-4).map(([name, value]) => `${name}=${value ?? ''}`), ['KUBEWARDEN_ENABLE_METRICS=true', 'KUBEWARDEN_LOG_FMT=otlp', 'Z=1', 'OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4317']);
});

deployments('the collector\'s authority and the certificate that it is shown are mounted in the folders that the controller has them in; not for a sidecar, and not while telemetry is off', () => {
  const variables = { OTEL_EXPORTER_OTLP_CERTIFICATE: '/otel/authority/ca.crt', OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: '/otel/client/tls.crt' };
  const collector = { kind: 'remote', variables, certificateSecret: 'otel-ca', clientCertificateSecret: 'otel-client' } as const;
  const mounted = (telemetry: Telemetry): readonly string[] => {
    const { volumes, containers } = build(policyServer(), { telemetry }).spec.template.spec;
    return volumes.flatMap((volume, index) => (volume.name.startsWith('otel-') ? [`${JSON.stringify(volume)} ${JSON.stringify(containers[0]?.volumeMounts[index])}`] : []));
  };
  assert.equal(mounted({ metrics: true, tracing: false, collector }), [
    '{"name":"otel-collector-certificate","secret":{"secretName":"otel-ca","defaultMode":420}} {"name":"otel-collector-certificate","mountPath":"/otel/authority","readOnly":true}',
    '{"name":"otel-collector-client-certificate","secret":{"secretName":"otel-client","defaultMode":420}} {"name":"otel-collector-client-certificate","mountPath":"/otel/client","readOnly":true}',
  ]);
  assert.equal(mounted({ metrics: false, tracing: false, collector }), []);
  assert.equal(mounted({ metrics: true, tracing: true, collector: { kind: 'sidecar' } }), []);
  assert.equal(mounted({ metrics: true, tracing: false, collector: { ...collector, certificateSecret: undefined, clientCertificateSecret: undefined } }), []);
});

deployments('the variables of the controller that are handed on are the contract\'s 26', () => {
  const common = ['CERTIFICATE', 'CLIENT_CERTIFICATE', 'CLIENT_KEY', 'COMPRESSION', 'ENDPOINT', 'HEADERS', 'INSECURE', 'TIMEOUT'];
  const contract = [...common, ...common.map((word) => `METRICS_${word}`), 'METRICS_DEFAULT_HISTOGRAM_AGGREGATION', 'METRICS_TEMPORALITY_PREFERENCE', ...common.map((word) => `TRACES_${word}`)];
  assert.is(contract.length, 26);
  assert.equal([...replicatedVariables].sort(), contract.map((word) => `OTEL_EXPORTER_OTLP_${word}`).sort());
});

deployments.run();
