// The environment and command line of a container, from its spec, its image and the objects it refers to.

import type { Container, EnvFromSource, EnvVar, KeySelector, Pod } from '../api/objects.js';
import { fieldText, resourceText, type PodFacts } from './downward-api.js';
import type { Image } from './image.js';

/** Reads the text values of a ConfigMap or Secret; undefined when it does not exist. */
export type ReadValues = (resource: 'configmaps' | 'secrets', name: string) => Promise<Readonly<Record<string, string>> | undefined>;

/** What the values of variables come from. */
export interface EnvironmentSources {
  readonly pod: Pod;
  readonly facts: PodFacts;
  readonly image: Image;
  /** What every container of the cluster is given, such as KUBERNETES_SERVICE_HOST. */
  readonly cluster: Readonly<Record<string, string>>;
  readonly readValues: ReadValues;
}

/** The variables every image may count on. */
const IMAGE_DEFAULTS: Readonly<Record<string, string>> = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root' };

/**
 * All variables of a container, in the order image, cluster, `envFrom`, `env`; later ones win.
 *
 * @throws {Error} when a ConfigMap, Secret or key that is not optional is missing
 */
export async function containerEnvironment(container: Container, sources: EnvironmentSources): Promise<Record<string, string>> {
  const environment: Record<string, string> = { ...IMAGE_DEFAULTS, ...sources.image.environment, HOSTNAME: sources.pod.spec.hostname ?? sources.pod.metadata.name, ...sources.cluster };
  for (const source of container.envFrom ?? []) Object.assign(environment, await wholeObject(source, sources));
  for (const variable of container.env ?? []) {
    const value = await variableValue(variable, container, sources, environment);
    if (value !== undefined) environment[variable.name] = value;
  }
  return environment;
}

/** The words a container runs: `command` replaces the entrypoint, `args` the arguments of the image. */
export function commandLine(container: Container, image: Image, environment: Readonly<Record<string, string>>): string[] {
  const expand = (word: string): string => expanded(word, environment);
  const command = container.command?.map(expand) ?? [];
  const args = container.args?.map(expand);
  if (command.length > 0) return [...command, ...(args ?? [])];
  return [...image.entrypoint, ...(args ?? image.arguments ?? [])];
}

/** Replaces `$(NAME)` of known variables; `$$` stands for one dollar sign, and unknown names stay as written. */
export function expanded(text: string, environment: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\$|\$\(([^)]*)\)/g, (found: string, name: string | undefined) => (name === undefined ? '$' : (environment[name] ?? found)));
}

async function wholeObject(source: EnvFromSource, { readValues }: EnvironmentSources): Promise<Record<string, string>> {
  const ref = source.configMapRef ?? source.secretRef;
  if (ref === undefined) return {};
  const resource = source.configMapRef === undefined ? 'secrets' : 'configmaps';
  const values = await readValues(resource, ref.name);
  if (values === undefined && ref.optional !== true) throw new Error(`${singular(resource)} "${ref.name}" not found`);
  return Object.fromEntries(Object.entries(values ?? {}).map(([key, value]) => [`${source.prefix ?? ''}${key}`, value]));
}

async function variableValue(variable: EnvVar, container: Container, sources: EnvironmentSources, sofar: Readonly<Record<string, string>>): Promise<string | undefined> {
  const from = variable.valueFrom;
  if (from === undefined) return expanded(variable.value ?? '', sofar);
  if (from.fieldRef !== undefined) return fieldText(sources.pod, sources.facts, from.fieldRef.fieldPath);
  if (from.resourceFieldRef !== undefined) return resourceText([...sources.pod.spec.containers, ...(sources.pod.spec.initContainers ?? [])], container.name, from.resourceFieldRef);
  if (from.configMapKeyRef !== undefined) return keyValue('configmaps', from.configMapKeyRef, sources.readValues);
  if (from.secretKeyRef !== undefined) return keyValue('secrets', from.secretKeyRef, sources.readValues);
  throw new Error(`variable ${variable.name}: this source is not imitated`);
}

async function keyValue(resource: 'configmaps' | 'secrets', ref: KeySelector, readValues: ReadValues): Promise<string | undefined> {
  const values = await readValues(resource, ref.name);
  const value = values?.[ref.key];
  if (value !== undefined || ref.optional === true) return value;
  if (values === undefined) throw new Error(`${singular(resource)} "${ref.name}" not found`);
  throw new Error(`couldn't find key ${ref.key} in ${resource === 'secrets' ? 'Secret' : 'ConfigMap'} ${ref.name}`);
}

function singular(resource: 'configmaps' | 'secrets'): string {
  return resource === 'secrets' ? 'secret' : 'configmap';
}
