// The volumes of a policy-server's Pods (contract 3.6). Their paths appear in the container's environment, see container.ts.
import type { PolicyServer } from '../crds/custom-object.js';
import type { ConfigHash } from './config-hash.js';
import { versionedConfigMapName } from './config-map.js';
import { hasSources } from './configuration.js';
import { emptyFolder, mountedConfigMap, mountedSecret, type MountedVolume } from './mounted-volume.js';
import { secretNames, serverObjectName } from './names.js';
import type { ServerDefaults } from './server-defaults.js';
import { collectorVolumes } from './telemetry.js';

/** Where the container finds what. */
export const paths = {
  store: '/tmp',
  certificate: '/pki/tls.crt',
  key: '/pki/tls.key',
  policies: '/config/policies.yml',
  sources: '/sources/sources.yml',
  verification: '/verification/verification.yml',
  trustConfig: '/sigstore-trust/sigstore-trust-config.json',
  dockerConfig: '/home/kubewarden/.docker',
  authority: '/ca/ca.crt',
  clientAuthority: '/client-ca/client-ca.crt',
  sigstoreCache: '/tmp/sigstore-data',
} as const;

/** The volumes in the reference's order. */
export function serverVolumes(server: PolicyServer, hash: ConfigHash, defaults: ServerDefaults): readonly MountedVolume[] {
  const { name } = server.metadata;
  const configMap = versionedConfigMapName(name, hash);
  return [
    emptyFolder('policy-store', paths.store),
    mountedSecret('certs', serverObjectName(name), '/pki'),
    mountedConfigMap('policies', configMap, '/config', { items: { 'policies.yml': 'policies.yml' } }),
    ...collectorVolumes(defaults),
    ...optionalVolumes(server),
    ...(hasSources(server) ? [mountedConfigMap('sources', configMap, '/sources')] : []),
    ...clientAuthorityVolumes(defaults),
  ];
}

function optionalVolumes({ spec: { verificationConfig = '', sigstoreTrustConfig = '', imagePullSecret = '' } }: PolicyServer): readonly MountedVolume[] {
  return [
    ...(verificationConfig === '' ? [] : [mountedConfigMap('verification', verificationConfig, '/verification', { items: { 'verification-config': 'verification.yml' } })]),
    ...(sigstoreTrustConfig === '' ? [] : [mountedConfigMap('sigstore-trust-config', sigstoreTrustConfig, '/sigstore-trust', { items: { 'sigstore-trust-config': 'sigstore-trust-config.json' } })]),
    ...(imagePullSecret === '' ? [] : [mountedSecret('imagepullsecret', imagePullSecret, paths.dockerConfig, { items: { '.dockerconfigjson': 'config.json' } })]),
  ];
}

/** With client certificates demanded: the API server's authority, and ours, which signs the audit scanner's. */
function clientAuthorityVolumes({ clientCaConfigMap }: ServerDefaults): readonly MountedVolume[] {
  if (clientCaConfigMap === undefined) return [];
  return [
    mountedSecret('kubewarden-ca-cert', secretNames.authority, '/ca', { items: { 'ca.crt': 'ca.crt' } }),
    mountedConfigMap('client-ca-cert', clientCaConfigMap, '/client-ca', { items: { 'client-ca.crt': 'client-ca.crt' } }),
  ];
}
