// The objects of the webhook under test: certificate, configuration, Deployment, Service, registration.

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority, issueCertificate, readCertificate } from '../sandbox/certificates.js';

/** A serving certificate and the authority behind it, PEM. */
export interface ServingCertificate {
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

/** Makes a certificate for a Service and any addresses, from an authority made for it alone. */
export async function servingCertificate(service: string, namespace: string, addresses: readonly string[] = []): Promise<ServingCertificate> {
  const folder = await mkdtemp(join(tmpdir(), 'webhook-pki-'));
  try {
    const authority = await createAuthority(folder, 'webhook-ca');
    const name = `${service}.${namespace}.svc`;
    const files = await issueCertificate(authority, folder, 'webhook', { commonName: name, dnsNames: [name], addresses });
    return { authority: await readFile(authority.certificate, 'utf8'), ...(await readCertificate(files)) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Namespace, Secret, ConfigMap, Deployment and Service of the webhook. */
export function webhookObjects(namespace: string, pem: ServingCertificate, message: string): object[] {
  const labels = { app: 'webhook' };
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    { apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/tls', metadata: { name: 'pki', namespace }, stringData: { 'tls.crt': pem.certificate, 'tls.key': pem.key } },
    messageConfig(namespace, message),
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'webhook', namespace },
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            terminationGracePeriodSeconds: 5,
            containers: [
              {
                name: 'server',
                image: 'example.test/webhook:v1',
                ports: [{ name: 'https', containerPort: 8443 }],
                readinessProbe: { httpGet: { path: '/readyz', port: 'https', scheme: 'HTTPS' } },
                volumeMounts: [
                  { name: 'pki', mountPath: '/pki', readOnly: true },
                  { name: 'config', mountPath: '/config', readOnly: true },
                ],
                // Until the API server has learnt that a Pod is going, it still calls it.
                lifecycle: { preStop: { sleep: { seconds: 2 } } },
                securityContext: { readOnlyRootFilesystem: true },
              },
            ],
            volumes: [
              { name: 'pki', secret: { secretName: 'pki' } },
              { name: 'config', configMap: { name: 'config' } },
            ],
          },
        },
      },
    },
    { apiVersion: 'v1', kind: 'Service', metadata: { name: 'webhook', namespace }, spec: { selector: labels, ports: [{ port: 443, targetPort: 'https' }] } },
  ];
}

/** The ConfigMap with the webhook's message. */
export function messageConfig(namespace: string, message: string): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'config', namespace }, data: { message } };
}

/** Registers the webhook by Service reference for Pods of one namespace. */
export function registration(namespace: string, guarded: string, authority: string): object {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: 'webhook.example.test' },
    webhooks: [
      {
        name: 'webhook.example.test',
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        failurePolicy: 'Fail',
        timeoutSeconds: 5,
        clientConfig: { service: { name: 'webhook', namespace, path: '/validate' }, caBundle: Buffer.from(authority).toString('base64') },
        rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': guarded } },
      },
    ],
  };
}
