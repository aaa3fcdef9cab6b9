// An admission request made from objects, as an API server would send it, for an author to try a policy on.
import { Fault } from 'wasmwarden';
import { admissionRequest, kindEntry, type AdmissionRequestObject, type KubernetesObject } from 'wasmwarden/testing';

/** What the request is about; the objects as they were read. */
export interface RequestBlueprint {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE';
  readonly object: unknown;
  readonly oldObject: unknown;
}

/** The request, and what the author has to look at. */
export interface ScaffoldedRequest {
  readonly request: AdmissionRequestObject;
  readonly warnings: readonly string[];
}

/** The values of the reference's scaffold. */
const uid = '705ab4f5-6393-11e8-b7cc-42010a800002';
const userInfo = { username: 'test-user', groups: ['system:masters'] };

/**
 * Makes the request.
 *
 * @throws {Fault} `OBJECT_INVALID`
 */
export function scaffoldRequest({ operation, object, oldObject }: RequestBlueprint): ScaffoldedRequest {
  const objects = {
    ...(object === undefined ? {} : { object: kubernetesObject(object, 'the object') }),
    ...(oldObject === undefined ? {} : { oldObject: kubernetesObject(oldObject, 'the old object') }),
  };
  const { apiVersion, kind } = kindOf(objects);
  const isKnown = kindEntry(apiVersion, kind) !== undefined;
  const request = admissionRequest({ operation, uid, userInfo, ...objects, ...(isKnown ? {} : { resource: `replace_this_with_the_plural_name_of_${kind}` }) });
  const warning = `the kind ${apiVersion} ${kind} is not known here: put its plural name into 'resource' and 'requestResource', and remove 'namespace' if its objects have none`;
  return { request, warnings: isKnown ? [] : [warning] };
}

/** The kind that all objects are of. */
function kindOf(objects: { readonly object?: KubernetesObject; readonly oldObject?: KubernetesObject }): KubernetesObject {
  const [subject, other = subject] = Object.values(objects);
  if (subject === undefined || other === undefined) throw new Error('the options have made sure of an object');
  if (subject.apiVersion === other.apiVersion && subject.kind === other.kind) return subject;
  throw invalid('the objects', `one is of the kind ${subject.apiVersion} ${subject.kind}, the other of ${other.apiVersion} ${other.kind}`);
}

function kubernetesObject(value: unknown, what: string): KubernetesObject {
  const object = mapOf(value, what, 'it is no map');
  const { apiVersion, kind } = object;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') throw invalid(what, 'it has no apiVersion and kind');
  if (object['metadata'] === undefined) return { ...object, apiVersion, kind };
  const metadata = mapOf(object['metadata'], what, 'its metadata is no map');
  // Spread over what is there, the members keep their places.
  return { ...object, apiVersion, kind, metadata: { ...metadata, ...textMember('name', metadata, what), ...textMember('namespace', metadata, what) } };
}

function mapOf(value: unknown, what: string, problem: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(what, problem);
  return Object.fromEntries(Object.entries(value));
}

function textMember(key: 'name' | 'namespace', metadata: Readonly<Record<string, unknown>>, what: string): { readonly name?: string; readonly namespace?: string } {
  const value = metadata[key];
  if (value === undefined) return {};
  if (typeof value === 'string') return { [key]: value };
  throw invalid(what, `its metadata.${key} is no text`);
}

function invalid(what: string, problem: string): Fault {
  return new Fault('OBJECT_INVALID', `Cannot make a request about ${what}: ${problem}.`);
}
