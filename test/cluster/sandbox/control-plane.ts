// Starts etcd, the API server, the controller manager and the scheduler inside the sandbox.
//
// The sandbox has a network namespace of its own, so every port is free and fixed.

import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ApiClient } from '../api/client.js';
import type { ProgramName, Programs } from '../programs/programs.js';
import { createAuthority, createSigningKey, issueCertificate, type CertificateFiles } from './certificates.js';
import { credentialsOf, writeKubeconfig, type Access } from './kubeconfig.js';
import { CLUSTER_FOLDER, type ClusterUser } from './messages.js';

const ETCD_URL = 'http://127.0.0.1:2379';
const API_PORT = 6443;

/** Addresses of Services. */
export const SERVICE_RANGE = '10.96.0.0/16';

/** First address of the Service range: the API server's own Service. */
export const API_SERVICE_ADDRESS = '10.96.0.1';

/** A program that is not ready by then has failed; two busy cores need about ten seconds. */
const READY_TIMEOUT_MS = 120_000;
const POLL_MS = 100;

/** What starting needs to know. */
export interface ControlPlaneSettings {
  readonly programs: Programs;
  /** The Node's address, on which the API server is reached. */
  readonly address: string;
  readonly apiServerArguments: readonly string[];
}

/** A started process, for its name and pid. */
export interface StartedProgram {
  readonly name: ProgramName;
  readonly pid: number;
}

/** The running control plane. */
export class ControlPlane {
  readonly server: string;
  readonly processes: StartedProgram[] = [];
  /** Milliseconds from the start until each step was done. */
  readonly startedMs: Record<string, number> = {};
  readonly #settings: ControlPlaneSettings;
  readonly #pki = join(CLUSTER_FOLDER, 'pki');
  #authority: CertificateFiles = { certificate: '', key: '' };

  private constructor(settings: ControlPlaneSettings) {
    this.#settings = settings;
    this.server = `https://${settings.address}:${API_PORT}`;
  }

  /** Starts all four programs and waits until each says it is ready. */
  static async start(settings: ControlPlaneSettings): Promise<ControlPlane> {
    const plane = new ControlPlane(settings);
    const begun = Date.now();
    const mark = (step: string): void => void (plane.startedMs[step] = Date.now() - begun);
    for (const folder of ['pki', 'logs', 'etcd', 'kubeconfigs']) await mkdir(join(CLUSTER_FOLDER, folder), { recursive: true });
    plane.#authority = await createAuthority(plane.#pki, 'kubernetes-ca');
    plane.#run('etcd', ETCD_ARGUMENTS);
    const flags = await plane.#apiServerFlags();
    mark('certificates');
    await plane.#ready('etcd', () => httpOk(`${ETCD_URL}/health`));
    mark('etcd');
    plane.#run('kube-apiserver', flags);
    const admin = new ApiClient(await credentialsOf(await plane.access({ name: 'admin', groups: ['system:masters'] })));
    await plane.#ready('kube-apiserver', async () => (await admin.text('/readyz')) === 'ok');
    admin.close();
    mark('kube-apiserver');
    await plane.#startManagers();
    mark('managers');
    return plane;
  }

  /** A user's access, with a client certificate made for it. */
  async access(user: ClusterUser): Promise<Access> {
    const name = `user-${user.name.replaceAll(/[^\w.-]/g, '_')}`;
    const certificate = await issueCertificate(this.#authority, this.#pki, name, { commonName: user.name, organizations: user.groups });
    return { server: this.server, authority: this.#authority.certificate, user: certificate };
  }

  /** A user's kubeconfig, as a path in the sandbox. */
  async kubeconfig(user: ClusterUser): Promise<string> {
    const path = join(CLUSTER_FOLDER, 'kubeconfigs', `${user.name.replaceAll(/[^\w.-]/g, '_')}.kubeconfig`);
    await writeKubeconfig(path, await this.access(user));
    return path;
  }

  /** A serving certificate for a Node's own server. */
  serverCertificate(name: string, address: string): Promise<CertificateFiles> {
    return issueCertificate(this.#authority, this.#pki, `serving-${name}`, { commonName: `system:node:${name}`, organizations: ['system:nodes'], addresses: [address], dnsNames: [name] });
  }

  /** Path of the authority of all clients and servers. */
  get authority(): string {
    return this.#authority.certificate;
  }

  async #startManagers(): Promise<void> {
    const [manager, scheduler] = await Promise.all([
      this.kubeconfig({ name: 'system:kube-controller-manager', groups: [] }),
      this.kubeconfig({ name: 'system:kube-scheduler', groups: [] }),
    ]);
    this.#run('kube-controller-manager', [
      `--kubeconfig=${manager}`,
      '--bind-address=127.0.0.1',
      '--leader-elect=false',
      '--use-service-account-credentials=true',
      `--service-account-private-key-file=${join(this.#pki, 'service-accounts.key')}`,
      `--root-ca-file=${this.#authority.certificate}`,
      `--cluster-signing-cert-file=${this.#authority.certificate}`,
      `--cluster-signing-key-file=${this.#authority.key}`,
      // Every controller asks for an account of its own at the start; the default limits stretch that over seconds.
      ...FAST_CLIENT,
      // The default is a system folder, which the program creates.
      `--flex-volume-plugin-dir=${join(CLUSTER_FOLDER, 'flexvolume')}`,
    ]);
    this.#run('kube-scheduler', [`--kubeconfig=${scheduler}`, '--bind-address=127.0.0.1', '--leader-elect=false', ...FAST_CLIENT]);
    await this.#ready('kube-controller-manager', () => this.#defaultAccountExists());
  }

  /** Until the ServiceAccount controller has run, every Pod is refused. */
  async #defaultAccountExists(): Promise<boolean> {
    const admin = new ApiClient(await credentialsOf(await this.access({ name: 'admin', groups: ['system:masters'] })));
    try {
      await admin.get('/api/v1/namespaces/default/serviceaccounts/default');
      await admin.get('/api/v1/namespaces/default/configmaps/kube-root-ca.crt');
      return true;
    } finally {
      admin.close();
    }
  }

  async #apiServerFlags(): Promise<string[]> {
    const address = this.#settings.address;
    const serving = await issueCertificate(this.#authority, this.#pki, 'kube-apiserver', {
      commonName: 'kube-apiserver',
      dnsNames: ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local', 'localhost'],
      addresses: [address, API_SERVICE_ADDRESS, '127.0.0.1'],
    });
    const kubelet = await issueCertificate(this.#authority, this.#pki, 'kubelet-client', { commonName: 'kube-apiserver-kubelet-client', organizations: ['system:masters'] });
    const frontAuthority = await createAuthority(this.#pki, 'front-proxy-ca');
    const front = await issueCertificate(frontAuthority, this.#pki, 'front-proxy', { commonName: 'front-proxy-client' });
    const accounts = await createSigningKey(this.#pki, 'service-accounts');
    return [
      `--etcd-servers=${ETCD_URL}`,
      '--bind-address=0.0.0.0',
      `--secure-port=${API_PORT}`,
      `--advertise-address=${address}`,
      `--service-cluster-ip-range=${SERVICE_RANGE}`,
      `--tls-cert-file=${serving.certificate}`,
      `--tls-private-key-file=${serving.key}`,
      `--client-ca-file=${this.#authority.certificate}`,
      '--authorization-mode=Node,RBAC',
      '--enable-admission-plugins=NodeRestriction',
      '--allow-privileged=true',
      '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
      `--service-account-key-file=${accounts.publicKey}`,
      `--service-account-signing-key-file=${accounts.privateKey}`,
      `--kubelet-client-certificate=${kubelet.certificate}`,
      `--kubelet-client-key=${kubelet.key}`,
      `--kubelet-certificate-authority=${this.#authority.certificate}`,
      '--kubelet-preferred-address-types=InternalIP',
      // Webhooks by Service reference are called at the Pods' own addresses: no program here makes Service addresses
      // reachable for the API server.
      '--enable-aggregator-routing=true',
      `--requestheader-client-ca-file=${frontAuthority.certificate}`,
      '--requestheader-allowed-names=front-proxy-client',
      '--requestheader-username-headers=X-Remote-User',
      '--requestheader-group-headers=X-Remote-Group',
      '--requestheader-extra-headers-prefix=X-Remote-Extra-',
      `--proxy-client-cert-file=${front.certificate}`,
      `--proxy-client-key-file=${front.key}`,
      ...this.#settings.apiServerArguments,
    ];
  }

  #run(name: ProgramName, flags: readonly string[]): void {
    const [command = name, ...first] = this.#settings.programs[name];
    const log = openSync(join(CLUSTER_FOLDER, 'logs', `${name}.log`), 'a');
    const child = spawn(command, [...first, ...flags], { stdio: ['ignore', log, log], cwd: CLUSTER_FOLDER });
    child.on('error', (error) => process.stderr.write(`${name}: ${error.message}\n`));
    child.on('exit', (code, signal) => {
      process.stderr.write(`${name} ended with ${signal ?? String(code)}\n`);
      this.#ended.add(name);
    });
    if (child.pid !== undefined) this.processes.push({ name, pid: child.pid });
  }

  readonly #ended = new Set<ProgramName>();

  async #ready(name: ProgramName, probe: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + READY_TIMEOUT_MS;
    for (;;) {
      if (await probe().catch(() => false)) return;
      if (this.#ended.has(name)) throw new Error(`${name} ended before it was ready; its log is ${name}.log`);
      if (Date.now() > deadline) throw new Error(`${name} was not ready within ${READY_TIMEOUT_MS} ms; its log is ${name}.log`);
      await delay(POLL_MS);
    }
  }
}

const FAST_CLIENT = ['--kube-api-qps=200', '--kube-api-burst=400'];

const ETCD_ARGUMENTS = [
  `--data-dir=${join(CLUSTER_FOLDER, 'etcd')}`,
  `--listen-client-urls=${ETCD_URL}`,
  `--advertise-client-urls=${ETCD_URL}`,
  '--listen-peer-urls=http://127.0.0.1:2380',
  // The data lives on a tmpfs and dies with the cluster.
  '--unsafe-no-fsync=true',
  '--log-level=warn',
  // A single member elects itself after one timeout; the default makes every start a second longer.
  '--heartbeat-interval=10',
  '--election-timeout=100',
];

function httpOk(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    get(url, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    }).on('error', () => resolve(false));
  });
}
