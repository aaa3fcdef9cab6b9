// A volume of a Pod together with the place where it is mounted, so that neither is written without the other.

/** A volume and its mount. */
export interface MountedVolume {
  readonly volume: Readonly<Record<string, unknown>> & { readonly name: string };
  readonly mount: { readonly name: string; readonly mountPath: string; readonly readOnly?: true };
}

/** Keys that are mounted, and the file names they get; all keys under their own names when absent. */
interface Projection {
  readonly items?: Readonly<Record<string, string>>;
  readonly defaultMode?: number;
}

function projected({ items, defaultMode }: Projection): Readonly<Record<string, unknown>> {
  return {
    ...(items === undefined ? {} : { items: Object.entries(items).map(([key, path]) => ({ key, path })) }),
    ...(defaultMode === undefined ? {} : { defaultMode }),
  };
}

/** A Secret as files. */
export function mountedSecret(name: string, secretName: string, mountPath: string, projection: Projection = {}): MountedVolume {
  return { volume: { name, secret: { secretName, ...projected(projection) } }, mount: { name, mountPath, readOnly: true } };
}

/** A ConfigMap as files. */
export function mountedConfigMap(name: string, configMap: string, mountPath: string, projection: Projection = {}): MountedVolume {
  return { volume: { name, configMap: { name: configMap, ...projected(projection) } }, mount: { name, mountPath, readOnly: true } };
}

/** An empty folder that lives as long as the Pod, for writing. */
export function emptyFolder(name: string, mountPath: string): MountedVolume {
  return { volume: { name, emptyDir: {} }, mount: { name, mountPath } };
}
