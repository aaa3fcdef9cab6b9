// `wasmwarden run`: judge one request by one policy, or by every policy of a manifest, and print the responses.
import { Option, type Command } from 'commander';

import { commandCapabilities } from '../image-capabilities.js';
import { addPolicyOptions, type PolicyFlags } from '../policy-options.js';
import { planPolicies } from '../policy-plan.js';
import { bringUp, createCommandRuntime, logTo } from '../policy-runner.js';
import { parseRequest, readRequest } from '../request-input.js';
import { requireOptions } from '../required-options.js';
import type { Session } from '../session.js';
import { harmlessJson } from '../terminal-text.js';

interface RunFlags extends PolicyFlags {
  readonly failOnDeny?: boolean;
}

const examples = `
Examples:
  wasmwarden run policy.wasm -r review.json
  wasmwarden run policy.wasm -r review.json --settings-json '{"allowed": ["a"]}' | jq .allowed
  wasmwarden scaffold admission-request -o CREATE --object pod.yaml | wasmwarden run policy.wasm -r -
  wasmwarden run policies.yaml -r review.json --fail-on-deny

Prints one AdmissionResponse per policy, as a line of JSON. The exit code is 0 for any verdict (1 for a denial with
--fail-on-deny), 1 when something went wrong and 2 for a wrong command line.`;

/** Adds the command to the program. */
export function addRunCommand(program: Command, session: Session): void {
  const command = addPolicyOptions(program.command('run').description('judge a request by a policy and print the response'))
    .addOption(new Option('--fail-on-deny', 'exit with code 1 when a policy denies the request'))
    .addHelpText('after', examples);
  command.action((policy: string, flags: RunFlags) => {
    requireOptions(command, ['requestPath']);
    return run(policy, flags, session);
  });
}

async function run(policy: string, flags: RunFlags, session: Session): Promise<void> {
  const policies = await planPolicies(policy, flags, session);
  const bytes = await readRequest(flags.requestPath, session);
  const requests = policies.map(({ isRaw }) => parseRequest(bytes, isRaw));
  await using images = await commandCapabilities(flags, session);
  await using runtime = createCommandRuntime(flags.timeout, logTo(session.output), images.capabilities);
  for (const planned of policies) await bringUp(runtime, planned);
  for (const [index, request] of requests.entries()) {
    const { response } = await runtime.evaluate(policies[index]?.id ?? '', request);
    session.output.result(`${harmlessJson(response)}\n`);
    if (flags.failOnDeny === true && !response.allowed) session.exitCode = 1;
  }
}
