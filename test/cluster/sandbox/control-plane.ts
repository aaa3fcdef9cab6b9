// Starts etcd, the API server, the controller manager and the scheduler inside the sandbox, with all they need.

import { mkdir, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { get as getSecure } from 'node:https';
import { join } from 'node:path';
import { ApiClient } from '../api/client.js';
import type { ProgramName, Programs } from '../programs/programs.js';
import { API_SERVICE_ADDRESS } from '../services/service-range.js';
import { createAuthority, createSigningKey, issueCertificate, type CertificateFiles } from './certificates.js';
import { credentialsOf, writeKubeconfig, type Access } from './kubeconfig.js';
import { AUDIT_LOG, CLUSTER_FOLDER, type ClusterUser } from './messages.js';
import { API_PORT, apiServerArguments, AUDIT_POLICY, auditArguments, controllerManagerArguments, ETCD_URL, etcdArguments, managerArguments, type ControlPlaneCertificates } from './program-arguments.js';
import { ProgramSet } from './program-set.js';

/** Names the API server's certificate is good for. */
const API_NAMES = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local', 'localhost'];

/** Where the scheduler says that it lives. */
const SCHEDULER_HEALTH = 'https://127.0.0.1:10259/healthz';

/** The administrator. */
export const ADMIN: ClusterUser = { name: 'admin', groups: ['system:masters'] };

/** What starting needs to know. */
export interface ControlPlaneSettings {
  readonly programs: Programs;
  /** The Node's address, on which the API server is reached. */
  readonly address: string;
  readonly apiServerArguments: readonly string[];
  /** Whether the API server writes down every request. */
  readonly audit: boolean;
}

/** The running control plane. */
export class ControlPlane {
  readonly server: string;
  /** Milliseconds from the start until each step was done. */
  readonly startedMs: Record<string, number> = {};
  readonly #settings: ControlPlaneSettings;
  readonly #programs: ProgramSet;
  readonly #certificates: ControlPlaneCertificates;

  private constructor(settings: ControlPlaneSettings, certificates: ControlPlaneCertificates) {
    this.#settings = settings;
    this.#certificates = certificates;
    this.#programs = new ProgramSet(settings.programs, CLUSTER_FOLDER);
    this.server = `https://${settings.address}:${API_PORT}`;
  }

  /** Starts all four programs and waits until Pods can be created. */
  static async start(settings: ControlPlaneSettings): Promise<ControlPlane> {
    const begun = Date.now();
    for (const name of ['pki', 'logs', 'etcd', 'kubeconfigs']) await mkdir(join(CLUSTER_FOLDER, name), { recursive: true });
    const plane = new ControlPlane(settings, await makeCertificates(settings.address));
    const mark = (step: string): void => void (plane.startedMs[step] = Date.now() - begun);
    mark('certificates');
    await plane.#programs.start('etcd', etcdArguments(join(CLUSTER_FOLDER, 'etcd')), () => answersOk(ETCD_URL + '/health'));
    mark('etcd');
    await plane.#startApiServer();
    mark('kube-apiserver');
    await plane.#startManagers();
    mark('managers');
    return plane;
  }

  /** A user's access, with a client certificate made for it. */
  async access(user: ClusterUser): Promise<Access> {
    const { authority } = this.#certificates;
    const certificate = await issueCertificate(authority, pkiFolder(), `user-${fileName(user)}`, { commonName: user.name, organizations: user.groups });
    return { server: this.server, authority: authority.certificate, user: certificate };
  }

  /** A user's kubeconfig, as a path in the sandbox. */
  async kubeconfig(user: ClusterUser): Promise<string> {
    const path = join(CLUSTER_FOLDER, 'kubeconfigs', `${fileName(user)}.kubeconfig`);
    await writeKubeconfig(path, await this.access(user));
    return path;
  }

  /** A serving certificate for a Node's own server. */
  nodeCertificate(name: string, address: string): Promise<CertificateFiles> {
    return issueCertificate(this.#certificates.authority, pkiFolder(), `serving-${name}`, { commonName: `system:node:${name}`, organizations: ['system:nodes'], addresses: [address], dnsNames: [name] });
  }

  /** Path of the authority of all clients and servers. */
  get authority(): string {
    return this.#certificates.authority.certificate;
  }

  /** Ends one program, as an outage. */
  stopProgram(name: ProgramName): Promise<void> {
    return this.#programs.stop(name);
  }

  /** Ends an outage; settles when the program is ready again. */
  startProgram(name: ProgramName): Promise<void> {
    return this.#programs.restart(name);
  }

  /** The running programs with their pids. */
  get processes(): { name: ProgramName; pid: number }[] {
    return this.#programs.pids();
  }

  async #startApiServer(): Promise<void> {
    const { address, apiServerArguments: given, audit } = this.#settings;
    const more = [...given, ...(audit ? await prepareAudit() : [])];
    const ready = await this.#asAdmin(async (admin) => (await admin.text('/readyz')) === 'ok');
    await this.#programs.start('kube-apiserver', apiServerArguments(address, this.#certificates, more), ready);
  }

  async #startManagers(): Promise<void> {
    const manager = await this.kubeconfig({ name: 'system:kube-controller-manager', groups: [] });
    const scheduler = await this.kubeconfig({ name: 'system:kube-scheduler', groups: [] });
    // Until its controllers have made the default account and its certificate bundle, every Pod is refused or waits.
    const controlled = await this.#asAdmin(async (admin) => {
      await admin.get('/api/v1/namespaces/default/serviceaccounts/default');
      await admin.get('/api/v1/namespaces/default/configmaps/kube-root-ca.crt');
      return true;
    });
    await Promise.all([
      this.#programs.start('kube-controller-manager', controllerManagerArguments(manager, this.#certificates, join(CLUSTER_FOLDER, 'volume-plugins')), controlled),
      this.#programs.start('kube-scheduler', managerArguments(scheduler), () => answersOk(SCHEDULER_HEALTH)),
    ]);
  }

  /** A probe that asks the API server as administrator. */
  async #asAdmin(probe: (admin: ApiClient) => Promise<boolean>): Promise<() => Promise<boolean>> {
    const credentials = await credentialsOf(await this.access(ADMIN));
    return async () => {
      const admin = new ApiClient(credentials);
      return probe(admin).finally(() => admin.close());
    };
  }
}

/** Writes the policy of the audit log; the answer are the API server's arguments for it. */
async function prepareAudit(): Promise<readonly string[]> {
  const policy = join(CLUSTER_FOLDER, 'audit-policy.json');
  await writeFile(policy, JSON.stringify(AUDIT_POLICY));
  return auditArguments(policy, AUDIT_LOG);
}

async function makeCertificates(address: string): Promise<ControlPlaneCertificates> {
  const folder = pkiFolder();
  const [authority, frontProxyAuthority] = await Promise.all([createAuthority(folder, 'kubernetes-ca'), createAuthority(folder, 'front-proxy-ca')]);
  const [apiServer, kubeletClient, frontProxy, serviceAccounts] = await Promise.all([
    issueCertificate(authority, folder, 'kube-apiserver', { commonName: 'kube-apiserver', dnsNames: API_NAMES, addresses: [address, API_SERVICE_ADDRESS, '127.0.0.1'] }),
    issueCertificate(authority, folder, 'kubelet-client', { commonName: 'kube-apiserver-kubelet-client', organizations: ADMIN.groups }),
    issueCertificate(frontProxyAuthority, folder, 'front-proxy', { commonName: 'front-proxy-client' }),
    createSigningKey(folder, 'service-accounts'),
  ]);
  return { authority, apiServer, kubeletClient, frontProxyAuthority, frontProxy, serviceAccounts };
}

function pkiFolder(): string {
  return join(CLUSTER_FOLDER, 'pki');
}

function fileName(user: ClusterUser): string {
  return user.name.replaceAll(/[^\w.-]/g, '_');
}

/** Whether a health endpoint of this sandbox says 200; the scheduler's certificate is one it made for itself. */
function answersOk(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const onAnswer = (answer: { statusCode?: number | undefined; resume: () => unknown }): void => {
      answer.resume();
      resolve(answer.statusCode === 200);
    };
    const asked = url.startsWith('https:') ? getSecure(url, { rejectUnauthorized: false }, onAnswer) : get(url, onAnswer);
    asked.on('error', () => resolve(false));
  });
}
