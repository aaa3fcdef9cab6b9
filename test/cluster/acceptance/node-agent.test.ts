// What the node agent imitates of a kubelet, seen through the API server.

import { setTimeout as delay } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import type { Container, Pod, Volume } from '../api/objects.js';
import type { Cluster } from '../cluster.js';
import { clusterSuite } from '../cluster-suite.js';

const SHELL = 'example.test/shell:v1';

const { test, run } = await clusterSuite('cluster/acceptance/node-agent', {
  images: {
    [SHELL]: { entrypoint: ['sh', '-c'], environment: { FROM_IMAGE: 'image', OVERRIDDEN: 'by image' } },
    'example.test/node:v1': { entrypoint: [process.execPath, '-e'] },
  },
  timing: { restartBackoffMs: 600, tokenRefreshShare: 0.002 },
});

interface ContainerStatus {
  readonly name: string;
  readonly restartCount: number;
  readonly ready: boolean;
  readonly state: { readonly waiting?: { readonly reason: string; readonly message?: string }; readonly running?: object; readonly terminated?: { readonly exitCode: number; readonly reason: string; readonly message: string } };
  readonly lastState: { readonly terminated?: { readonly exitCode: number; readonly message: string } };
}

interface SeenPod extends Pod {
  readonly status: NonNullable<Pod['status']> & { readonly containerStatuses?: readonly ContainerStatus[]; readonly initContainerStatuses?: readonly ContainerStatus[] };
}

type PodSpec = Partial<Omit<Pod['spec'], 'containers'>> & { readonly containers: readonly (Partial<Container> & { readonly name: string })[]; readonly volumes?: readonly Volume[]; readonly priority?: number };

const pathOf = (name: string): string => `/api/v1/namespaces/default/pods/${name}`;

async function createPod(cluster: Cluster, name: string, spec: PodSpec, metadata: object = {}): Promise<void> {
  const containers = spec.containers.map((container) => ({ image: SHELL, ...container }));
  await cluster.client.create('/api/v1/namespaces/default/pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, ...metadata },
    spec: { terminationGracePeriodSeconds: 1, ...spec, containers, ...(spec.initContainers === undefined ? {} : { initContainers: spec.initContainers.map((container) => ({ ...container, image: SHELL })) }) },
  });
}

function podWhen(cluster: Cluster, name: string, holds: (pod: SeenPod) => boolean, timeoutMs = 20_000): Promise<SeenPod> {
  return cluster.until<SeenPod>(pathOf(name), (pod) => pod !== undefined && holds(pod), timeoutMs);
}

const logOf = (cluster: Cluster, pod: string, container = 'main', previous = false): Promise<string> => cluster.logs({ namespace: 'default', pod, container }, previous);

async function logWhen(cluster: Cluster, pod: string, holds: (log: string) => boolean, container = 'main'): Promise<string> {
  const deadline = Date.now() + 15_000;
  for (;;) {
    const log = await logOf(cluster, pod, container).catch(() => '');
    if (holds(log)) return log;
    if (Date.now() > deadline) throw new Error(`the log of ${pod}/${container} did not become as wanted: ${log}`);
    await delay(150);
  }
}

const firstStatus = (pod: SeenPod): ContainerStatus | undefined => pod.status.containerStatuses?.[0];
const phaseIs = (phase: string) => (pod: SeenPod): boolean => pod.status.phase === phase;

test('gives a container its environment from every source, in the right order', async (cluster) => {
  await cluster.apply([
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace: 'default' }, data: { colour: 'green', shape: 'round' } },
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'hidden', namespace: 'default' }, stringData: { word: 'sesame' } },
  ]);
  await createPod(
    cluster,
    'environment',
    {
      restartPolicy: 'Never',
      containers: [
        {
          name: 'main',
          args: ["env | sort; echo 'expanded $(COLOUR) $$(COLOUR) $(UNKNOWN)'; pwd"],
          workingDir: '/srv/made-for-it',
          resources: { limits: { memory: '64Mi' } },
          envFrom: [{ prefix: 'ALL_', configMapRef: { name: 'settings' } }, { secretRef: { name: 'absent', optional: true } }],
          env: [
            { name: 'OVERRIDDEN', value: 'by spec' },
            { name: 'COLOUR', valueFrom: { configMapKeyRef: { name: 'settings', key: 'colour' } } },
            { name: 'WORD', valueFrom: { secretKeyRef: { name: 'hidden', key: 'word' } } },
            { name: 'COMPOSED', value: 'it is $(COLOUR)' },
            { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
            { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
            { name: 'ADDRESS', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
            { name: 'TIER', valueFrom: { fieldRef: { fieldPath: "metadata.labels['tier']" } } },
            { name: 'MEMORY_MIB', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } } },
          ],
        },
      ],
    },
    { labels: { tier: 'front' } },
  );
  const pod = await podWhen(cluster, 'environment', phaseIs('Succeeded'));
  const log = await logOf(cluster, 'environment');
  for (const line of ['FROM_IMAGE=image', 'OVERRIDDEN=by spec', 'ALL_colour=green', 'ALL_shape=round', 'COLOUR=green', 'WORD=sesame', 'COMPOSED=it is green', 'POD=environment', 'NODE=node-1', 'TIER=front', 'MEMORY_MIB=64', `ADDRESS=${pod.status.podIP ?? ''}`, 'HOSTNAME=environment', '/srv/made-for-it']) {
    assert.ok(log.split('\n').includes(line), `${line} is missing in ${log}`);
  }
  assert.match(log, 'expanded green $(COLOUR) $(UNKNOWN)');
});

test('mounts every kind of volume at its path and keeps containers apart from the machine', async (cluster) => {
  const shared = { name: 'shared', mountPath: '/shared' };
  await createPod(
    cluster,
    'volumes',
    {
      restartPolicy: 'Never',
      initContainers: [{ name: 'first', image: SHELL, args: ['echo from init > /shared/note; touch /etc/written-in-init'], volumeMounts: [shared] }],
      containers: [
        {
          name: 'main',
          args: ['cat /shared/note /etc/settings/colour /etc/settings-one/c /etc/hidden/word /etc/pod/name /etc/pod/labels; readlink /etc/settings/colour; ls /etc/written-in-init; cat /var/run/secrets/kubernetes.io/serviceaccount/namespace; echo; echo x > /etc/hidden/word || echo read-only; cat /nested/only'],
          volumeMounts: [
            shared,
            { name: 'settings', mountPath: '/etc/settings' },
            { name: 'one', mountPath: '/etc/settings-one' },
            { name: 'hidden', mountPath: '/etc/hidden', readOnly: true },
            { name: 'pod', mountPath: '/etc/pod' },
            { name: 'settings', mountPath: '/nested/only', subPath: 'shape' },
          ],
        },
      ],
      volumes: [
        { name: 'shared', emptyDir: {} },
        { name: 'settings', configMap: { name: 'settings' } },
        { name: 'one', configMap: { name: 'settings', items: [{ key: 'colour', path: 'c' }] } },
        { name: 'hidden', secret: { secretName: 'hidden' } },
        { name: 'pod', downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }, { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
      ],
    },
    { labels: { tier: 'front' } },
  );
  await podWhen(cluster, 'volumes', phaseIs('Succeeded'));
  const log = await logOf(cluster, 'volumes');
  assert.match(log, 'from init\ngreengreensesamevolumestier="front"..data/colour\n');
  assert.match(log, "cannot access '/etc/written-in-init'");
  assert.match(log, 'default\n');
  assert.match(log, /read-only\nround$/);
});

test('lets a container talk to the API server with its mounted token, which is replaced in time', async (cluster) => {
  const script = `
    const https = require('node:https'); const fs = require('node:fs');
    const folder = '/var/run/secrets/kubernetes.io/serviceaccount';
    const seen = new Set();
    setInterval(() => {
      const token = fs.readFileSync(folder + '/token', 'utf8');
      if (seen.has(token)) return;
      seen.add(token);
      https.get({ host: process.env.KUBERNETES_SERVICE_HOST, port: process.env.KUBERNETES_SERVICE_PORT, path: '/apis/authentication.k8s.io/v1', ca: fs.readFileSync(folder + '/ca.crt'), headers: { authorization: 'Bearer ' + token } },
        (answer) => { console.log('token', seen.size, answer.statusCode); answer.resume(); });
    }, 200);`;
  await createPod(cluster, 'token', { containers: [{ name: 'main', image: 'example.test/node:v1', args: [script] }] });
  await logWhen(cluster, 'token', (log) => log.includes('token 1 200') && log.includes('token 2 200'));
});

test('restarts a failing container with back-off and keeps its last words', async (cluster) => {
  await createPod(cluster, 'failing', { containers: [{ name: 'main', args: ['echo run; printf "the reason" > /dev/termination-log; exit 7'] }] });
  const waiting = await podWhen(cluster, 'failing', (pod) => firstStatus(pod)?.state.waiting?.reason === 'CrashLoopBackOff' && (firstStatus(pod)?.restartCount ?? 0) >= 2);
  assert.is(firstStatus(waiting)?.lastState.terminated?.exitCode, 7);
  assert.is(firstStatus(waiting)?.lastState.terminated?.message, 'the reason');
  assert.is(await logOf(cluster, 'failing', 'main', true), 'run\n');
  await createPod(cluster, 'failing-once', { restartPolicy: 'Never', containers: [{ name: 'main', args: ['echo the log says why; exit 3'], terminationMessagePolicy: 'FallbackToLogsOnError' }] });
  const failed = await podWhen(cluster, 'failing-once', phaseIs('Failed'));
  assert.equal([firstStatus(failed)?.state.terminated?.exitCode, firstStatus(failed)?.state.terminated?.message], [3, 'the log says why\n']);
});

test('restarts a killed container and one whose liveness probe fails', async (cluster) => {
  await createPod(cluster, 'killed', {
    containers: [
      { name: 'main', args: ['echo started; exec sleep 600'] },
      { name: 'sick', args: ['touch /tmp/healthy; sleep 1; rm /tmp/healthy; exec sleep 600'], startupProbe: { exec: { command: ['true'] } }, livenessProbe: { exec: { command: ['cat', '/tmp/healthy'] }, periodSeconds: 1, failureThreshold: 1 } },
    ],
  });
  await podWhen(cluster, 'killed', (pod) => firstStatus(pod)?.state.running !== undefined);
  await cluster.killContainer({ namespace: 'default', pod: 'killed', container: 'main' });
  const pod = await podWhen(cluster, 'killed', (seen) => seen.status.containerStatuses?.every(({ restartCount, state }) => restartCount > 0 && state.running !== undefined) ?? false);
  assert.is(firstStatus(pod)?.lastState.terminated?.exitCode, 137);
});

test('is ready only while the readiness probe succeeds', async (cluster) => {
  await createPod(cluster, 'readiness', {
    containers: [{ name: 'main', args: ['sleep 0.5; touch /tmp/ready; sleep 2; rm /tmp/ready; exec sleep 600'], readinessProbe: { exec: { command: ['cat', '/tmp/ready'] }, periodSeconds: 1, failureThreshold: 1 } }],
  });
  const readyIs = (status: string) => (pod: SeenPod): boolean => pod.status.conditions?.find(({ type }) => type === 'Ready')?.status === status && pod.status.phase === 'Running';
  for (const status of ['False', 'True', 'False']) await podWhen(cluster, 'readiness', readyIs(status));
});

test('ends a container by SIGTERM within its grace period, and by SIGKILL after it', async (cluster) => {
  await createPod(cluster, 'polite', { terminationGracePeriodSeconds: 20, containers: [{ name: 'main', args: ['trap "exit 0" TERM; echo up; while true; do sleep 0.1; done'] }] });
  await createPod(cluster, 'stubborn', { terminationGracePeriodSeconds: 1, containers: [{ name: 'main', args: ['trap "" TERM; echo up; while true; do sleep 0.1; done'] }] });
  for (const name of ['polite', 'stubborn']) {
    await logWhen(cluster, name, (log) => log === 'up\n');
    const begun = Date.now();
    await cluster.client.delete(pathOf(name));
    await cluster.until(pathOf(name), (pod) => pod === undefined, 10_000);
    const tookMs = Date.now() - begun;
    assert.ok(name === 'polite' ? tookMs < 3_000 : tookMs >= 1_000 && tookMs < 5_000, `${name} took ${tookMs} ms`);
  }
});

test('runs init containers in order and sidecars beside the rest of the Pod', async (cluster) => {
  const log = { name: 'log', mountPath: '/log' };
  await createPod(cluster, 'ordered', {
    restartPolicy: 'Never',
    volumes: [{ name: 'log', emptyDir: {} }],
    initContainers: [
      { name: 'one', image: SHELL, args: ['sleep 0.3; echo one >> /log/order'], volumeMounts: [log] },
      { name: 'beside', image: SHELL, restartPolicy: 'Always', args: ['trap "exit 0" TERM; echo beside >> /log/order; while true; do sleep 0.1; done'], volumeMounts: [log], startupProbe: { exec: { command: ['grep', 'beside', '/log/order'] } } },
      { name: 'two', image: SHELL, args: ['echo two >> /log/order'], volumeMounts: [log] },
    ],
    containers: [{ name: 'main', args: ['cat /log/order'], volumeMounts: [log] }],
  });
  await podWhen(cluster, 'ordered', phaseIs('Succeeded'));
  assert.is(await logOf(cluster, 'ordered'), 'one\nbeside\ntwo\n');
});

test('waits for an image and for a ConfigMap that come later', async (cluster) => {
  await createPod(cluster, 'early', { restartPolicy: 'Never', containers: [{ name: 'main', image: 'example.test/later:v1', env: [{ name: 'LATE', valueFrom: { configMapKeyRef: { name: 'late', key: 'word' } } }] }] });
  await podWhen(cluster, 'early', (pod) => firstStatus(pod)?.state.waiting?.reason === 'ErrImagePull');
  await cluster.addImages({ 'example.test/later:v1': { entrypoint: ['sh', '-c', 'echo $LATE'] } });
  await podWhen(cluster, 'early', (pod) => firstStatus(pod)?.state.waiting?.reason === 'CreateContainerConfigError');
  await cluster.apply([{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'late', namespace: 'default' }, data: { word: 'arrived' } }]);
  await podWhen(cluster, 'early', phaseIs('Succeeded'));
  assert.is(await logOf(cluster, 'early'), 'arrived\n');
});

test('runs as the wanted user on a read-only root', async (cluster) => {
  await createPod(cluster, 'user', {
    restartPolicy: 'Never',
    securityContext: { runAsUser: 65533, runAsGroup: 65532 },
    containers: [{ name: 'main', args: ['id -u; id -g; touch /srv/x 2>&1; touch /tmp/x && echo scratch; hostname; true'], securityContext: { readOnlyRootFilesystem: true }, volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }] }],
    volumes: [{ name: 'tmp', emptyDir: {} }],
  });
  await podWhen(cluster, 'user', phaseIs('Succeeded'));
  assert.match(await logOf(cluster, 'user'), /^65533\n65532\ntouch: .*Read-only file system\nscratch\nuser\n$/);
});

test('completes a Job after a failed try, and stops at its back-off limit', async (cluster) => {
  const job = (name: string, backoffLimit: number, command: string): object => ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: 'default' },
    spec: { backoffLimit, template: { spec: { restartPolicy: 'OnFailure', volumes: [{ name: 'state', emptyDir: {} }], containers: [{ name: 'main', image: SHELL, args: [command], volumeMounts: [{ name: 'state', mountPath: '/state' }] }] } } },
  });
  await cluster.apply([job('second-try', 3, 'test -e /state/tried || { touch /state/tried; exit 1; }'), job('hopeless', 0, 'exit 1')]);
  const ended = (type: string) => (seen: { status?: { conditions?: { type: string; status: string }[] } } | undefined): boolean => seen?.status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false;
  await cluster.until('/apis/batch/v1/namespaces/default/jobs/second-try', ended('Complete'));
  await cluster.until('/apis/batch/v1/namespaces/default/jobs/hopeless', ended('Failed'));
});

test('serves the tail of a log, and follows it to the end of the container', async (cluster) => {
  await createPod(cluster, 'talker', { restartPolicy: 'Never', containers: [{ name: 'main', args: ['echo one; echo two; echo three; sleep 2; echo four'] }] });
  await logWhen(cluster, 'talker', (log) => log.endsWith('three\n'));
  assert.is(await cluster.kubectl(['logs', 'talker', '--tail=2']), 'two\nthree\n');
  assert.is(await cluster.kubectl(['logs', 'talker', '--limit-bytes=5']), 'one\nt');
  assert.is(await cluster.kubectl(['logs', 'talker', '--tail=1', '--follow']), 'three\nfour\n');
  assert.is(await cluster.kubectl(['logs', 'talker', '--follow']), 'one\ntwo\nthree\nfour\n');
});

test('lets a stopped Node go on where it was', async (cluster) => {
  await createPod(cluster, 'survivor', { containers: [{ name: 'main', args: ['echo once; exec sleep 600'] }] });
  await podWhen(cluster, 'survivor', phaseIs('Running'));
  await cluster.stopNode();
  await createPod(cluster, 'unseen', { containers: [{ name: 'main', args: ['exec sleep 600'] }] });
  await podWhen(cluster, 'unseen', (pod) => pod.spec.nodeName === 'node-1');
  await delay(500);
  assert.is((await cluster.read<SeenPod>(pathOf('unseen')))?.status.containerStatuses, undefined);
  await cluster.startNode();
  await podWhen(cluster, 'unseen', phaseIs('Running'));
  assert.is(await logOf(cluster, 'survivor'), 'once\n');
});

test('survives an outage of the API server', async (cluster) => {
  await cluster.stopProgram('kube-apiserver');
  assert.match(await cluster.client.get(pathOf('survivor')).then(String, String), 'ECONNREFUSED');
  await cluster.startProgram('kube-apiserver');
  assert.is((await cluster.read<SeenPod>(pathOf('survivor')))?.status.phase, 'Running');
  await createPod(cluster, 'after-outage', { restartPolicy: 'Never', containers: [{ name: 'main', args: ['true'] }] });
  await podWhen(cluster, 'after-outage', phaseIs('Succeeded'), 40_000);
  assert.is(await logOf(cluster, 'survivor'), 'once\n');
});

test('makes users whom RBAC, Pod Security and admission policies bind', async (cluster) => {
  const nobody = await cluster.clientFor({ name: 'nobody', groups: ['strangers'] });
  assert.match(await nobody.get('/api/v1/namespaces/default/secrets').then(String, String), 'secrets is forbidden: User "nobody" cannot list resource "secrets"');
  nobody.close();
  await cluster.apply([
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'strict', labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } } },
    { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingAdmissionPolicy', metadata: { name: 'no-x' }, spec: { matchConstraints: { resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }] }, validations: [{ expression: "!object.metadata.name.startsWith('x')", message: 'no names with x' }] } },
    { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingAdmissionPolicyBinding', metadata: { name: 'no-x' }, spec: { policyName: 'no-x', validationActions: ['Deny'] } },
  ]);
  await cluster.until('/api/v1/namespaces/strict/serviceaccounts/default', (account) => account !== undefined);
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'lax' }, spec: { containers: [{ name: 'main', image: SHELL }] } };
  assert.match(await cluster.client.create('/api/v1/namespaces/strict/pods', pod).then(String, String), 'violates PodSecurity "restricted');
  const deadline = Date.now() + 15_000;
  let refused = '';
  // A new policy takes effect a moment after it was accepted.
  for (let attempt = 0; Date.now() < deadline && !refused.includes('no names with x'); attempt += 1) {
    refused = await cluster.client.create('/api/v1/namespaces/default/configmaps', { metadata: { name: `x${attempt}` } }).then(String, String);
    await delay(150);
  }
  assert.match(refused, 'no names with x');
});

run();
