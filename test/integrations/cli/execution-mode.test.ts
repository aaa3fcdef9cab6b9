import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { executionModeOf } from '../../../integrations/cli/src/execution-mode.js';
import { parseMetadata, type ExecutionMode, type Metadata } from '../../../lib/policy/metadata.js';
import type { PolicyModule } from '../../../lib/policy/module.js';
import { faultOf } from '../../support/fault-of.js';

const mode = suite('cli/execution-mode');

const metadata = (executionMode: ExecutionMode): Metadata => parseMetadata({ rules: [], mutating: false, executionMode });

const found: readonly (readonly [title: string, asked: ExecutionMode | undefined, metadata: Metadata | undefined, abi: PolicyModule['abi'], expected: ExecutionMode])[] = [
  ['the metadata says', undefined, metadata('kubewarden-wapc'), 'wapc', 'kubewarden-wapc'],
  ['the metadata of Rego says', undefined, metadata('gatekeeper'), 'opa', 'gatekeeper'],
  ['the metadata of a command says', undefined, metadata('wasi'), 'wasi-command', 'wasi'],
  ['waPC without metadata speaks', undefined, undefined, 'wapc', 'kubewarden-wapc'],
  ['a command without metadata speaks', undefined, undefined, 'wasi-command', 'wasi'],
  ['is assumed of a module that tells nothing', undefined, undefined, 'unknown', 'kubewarden-wapc'],
  ['the user asks for, whatever the module is', 'opa', metadata('kubewarden-wapc'), 'wapc', 'opa'],
];
for (const [title, asked, given, abi, expected] of found) mode(`takes the mode that ${title}`, () => assert.is(executionModeOf({ asked, metadata: given, abi }), expected));

const refused: readonly (readonly [title: string, metadata: Metadata | undefined, abi: PolicyModule['abi'], message: string])[] = [
  ['Rego without metadata', undefined, 'opa', 'The policy has been created with Rego, please specify which Opa runtime has to be used'],
  ['Rego whose metadata says otherwise', metadata('kubewarden-wapc'), 'opa', 'The policy has been created with Rego, the policy execution mode specified via CLI flag is wrong'],
  ['what claims to be Rego', metadata('opa'), 'wapc', 'The policy has not been created with Rego, the policy execution mode specified via CLI flag is wrong'],
];
for (const [title, given, abi, message] of refused) mode(`refuses ${title}`, () => assert.is(faultOf(() => executionModeOf({ asked: undefined, metadata: given, abi })).message, message));

mode.run();
