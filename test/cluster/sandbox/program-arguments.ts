// The command lines of the control plane's programs. PURE.
//
// The sandbox has a network namespace of its own, so every port is free and fixed.

import { SERVICE_RANGE } from '../services/service-range.js';
import type { CertificateFiles } from './certificates.js';

/** Where etcd serves; only the API server uses it. */
export const ETCD_URL = 'http://127.0.0.1:2379';

/** Port of the API server. */
export const API_PORT = 6443;

/** Every certificate and key the programs are given. */
export interface ControlPlaneCertificates {
  /** Authority of all clients and servers of the cluster. */
  readonly authority: CertificateFiles;
  readonly apiServer: CertificateFiles;
  /** What the API server shows to Nodes. */
  readonly kubeletClient: CertificateFiles;
  readonly frontProxyAuthority: CertificateFiles;
  /** What the API server shows to API services behind it. */
  readonly frontProxy: CertificateFiles;
  readonly serviceAccounts: { readonly publicKey: string; readonly privateKey: string };
}

/** Of etcd, with its data in a folder. */
export function etcdArguments(folder: string): string[] {
  return [
    `--data-dir=${folder}`,
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
}

/** Of the API server, reached at an address of the Node. */
export function apiServerArguments(address: string, certificates: ControlPlaneCertificates, more: readonly string[]): string[] {
  const { authority, apiServer, kubeletClient, frontProxyAuthority, frontProxy, serviceAccounts } = certificates;
  return [
    `--etcd-servers=${ETCD_URL}`,
    '--bind-address=0.0.0.0',
    `--secure-port=${API_PORT}`,
    `--advertise-address=${address}`,
    `--service-cluster-ip-range=${SERVICE_RANGE}`,
    `--tls-cert-file=${apiServer.certificate}`,
    `--tls-private-key-file=${apiServer.key}`,
    `--client-ca-file=${authority.certificate}`,
    '--authorization-mode=Node,RBAC',
    // Beside the defaults, which include webhooks, ValidatingAdmissionPolicy, PodSecurity and ServiceAccount.
    '--enable-admission-plugins=NodeRestriction',
    '--allow-privileged=true',
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    `--service-account-key-file=${serviceAccounts.publicKey}`,
    `--service-account-signing-key-file=${serviceAccounts.privateKey}`,
    `--kubelet-client-certificate=${kubeletClient.certificate}`,
    `--kubelet-client-key=${kubeletClient.key}`,
    `--kubelet-certificate-authority=${authority.certificate}`,
    '--kubelet-preferred-address-types=InternalIP',
    // Webhooks by Service reference are called at the Pods' own addresses, so no proxy stands between.
    '--enable-aggregator-routing=true',
    `--requestheader-client-ca-file=${frontProxyAuthority.certificate}`,
    '--requestheader-allowed-names=front-proxy-client',
    '--requestheader-username-headers=X-Remote-User',
    '--requestheader-group-headers=X-Remote-Group',
    '--requestheader-extra-headers-prefix=X-Remote-Extra-',
    `--proxy-client-cert-file=${frontProxy.certificate}`,
    `--proxy-client-key-file=${frontProxy.key}`,
    ...more,
  ];
}

/** What the audit log holds of each request: who asked for what, and what came of it. */
export const AUDIT_POLICY = { apiVersion: 'audit.k8s.io/v1', kind: 'Policy', omitStages: ['RequestReceived'], omitManagedFields: true, rules: [{ level: 'Metadata' }] };

/** Of the API server, added to the others for an audit log. */
export function auditArguments(policy: string, log: string): readonly string[] {
  return [`--audit-policy-file=${policy}`, `--audit-log-path=${log}`];
}

/** Of the controller manager; `volumePlugins` is a folder it may create. */
export function controllerManagerArguments(kubeconfig: string, certificates: ControlPlaneCertificates, volumePlugins: string): string[] {
  return [
    ...managerArguments(kubeconfig),
    '--use-service-account-credentials=true',
    `--service-account-private-key-file=${certificates.serviceAccounts.privateKey}`,
    `--root-ca-file=${certificates.authority.certificate}`,
    `--cluster-signing-cert-file=${certificates.authority.certificate}`,
    `--cluster-signing-key-file=${certificates.authority.key}`,
    // The default is a system folder, which the program creates.
    `--flex-volume-plugin-dir=${volumePlugins}`,
  ];
}

/** Of the scheduler, and common to both managers. */
export function managerArguments(kubeconfig: string): string[] {
  return [
    `--kubeconfig=${kubeconfig}`,
    '--bind-address=127.0.0.1',
    '--leader-elect=false',
    // Every controller asks for an account of its own at the start; the default limits stretch that over seconds.
    '--kube-api-qps=200',
    '--kube-api-burst=400',
  ];
}
