// `wasmwarden bench`: how long a policy takes for one request.
import { Option, type Command } from 'commander';
import { Fault, type EventSink, type Request, type Runtime } from 'wasmwarden';

import { formatMeasured, formatMeasuredJson, formatSamplesJson, whatIsMeasured, type Measured } from '../bench-report.js';
import { measure, type BenchmarkPlan } from '../benchmark.js';
import { writeWhole } from '../files.js';
import { parseCount, parseDuration } from '../option-values.js';
import { addPolicyOptions, type PolicyFlags } from '../policy-options.js';
import { commandCapabilities } from '../image-capabilities.js';
import { planPolicies } from '../policy-plan.js';
import { bringUp, createCommandRuntime, logTo } from '../policy-runner.js';
import { parseRequest, readRequest } from '../request-input.js';
import { requireOptions } from '../required-options.js';
import type { Session } from '../session.js';

interface BenchFlags extends PolicyFlags {
  readonly output?: 'json';
  /** Milliseconds. */
  readonly measurementTime: number;
  readonly warmUpTime: number;
  readonly numSamples: number;
  readonly numResamples: number;
  /** `true` for the bare option. */
  readonly dumpResultsToDisk?: string | true;
}

const examples = `
Examples:
  wasmwarden bench policy.wasm -r review.json
  wasmwarden bench policy.wasm -r review.json --measurement-time 30 --output json

${whatIsMeasured}`.trimEnd();

const defaultDump = 'bench-results.json';

/** Adds the command to the program. */
export function addBenchCommand(program: Command, session: Session): void {
  const command = addPolicyOptions(program.command('bench').description('measure how long a policy takes for a request'))
    .addOption(new Option('--measurement-time <duration>', 'how long to measure each operation').argParser(parseDuration).default(5000, '5s'))
    .addOption(new Option('--num-samples <count>', 'rounds to measure at least, however long they take').argParser(parseCount).default(100))
    .addOption(new Option('--warm-up-time <duration>', 'how long to run each operation before measuring').argParser(parseDuration).default(1000, '1s'))
    .addOption(new Option('--num-resamples <count>', 'how often the rounds are resampled to tell how sure the mean is').argParser(parseCount).default(1000))
    .addOption(new Option('--dump-results-to-disk [file]', `write every round to a file (${defaultDump} unless named)`))
    .addOption(new Option('-o, --output <format>', 'print the results for other programs').choices(['json']))
    .addHelpText('after', examples);
  command.action((policy: string, flags: BenchFlags) => {
    requireOptions(command, ['requestPath']);
    return bench(policy, flags, session);
  });
}

async function bench(policy: string, flags: BenchFlags, session: Session): Promise<void> {
  const { output } = session;
  const policies = await planPolicies(policy, flags, session);
  const bytes = await readRequest(flags.requestPath, session);
  const requests = policies.map(({ isRaw }) => parseRequest(bytes, isRaw));
  const meter = new Meter(logTo(output));
  await using images = await commandCapabilities(flags, session);
  await using runtime = createCommandRuntime(flags.timeout, meter.listen, images.capabilities);
  const plan: BenchmarkPlan = { warmUpMs: flags.warmUpTime, measurementMs: flags.measurementTime, minSamples: flags.numSamples };
  const measured: Measured[] = [];
  for (const planned of policies) await bringUp(runtime, planned);
  for (const [index, request] of requests.entries()) {
    const results = await measurePolicy({ policyId: policies[index]?.id ?? '', request, runtime, meter }, plan);
    if (flags.output === undefined) for (const result of results) output.result(`${formatMeasured(result, flags.numResamples, styleOf(output))}\n`);
    measured.push(...results);
  }
  output.result(flags.output === undefined ? whatIsMeasured : formatMeasuredJson(measured, flags.numResamples));
  const dump = dumpPath(flags);
  if (dump !== undefined) await writeWhole(dump, formatSamplesJson(measured));
}

interface Subject {
  readonly policyId: string;
  readonly request: Request;
  readonly runtime: Runtime;
  readonly meter: Meter;
}

async function measurePolicy({ policyId, request, runtime, meter }: Subject, plan: BenchmarkPlan): Promise<readonly Measured[]> {
  const rounds = {
    validate_settings: () => runtime.validateSettings(policyId),
    validate: () => runtime.evaluate(policyId, request),
  };
  const measured: Measured[] = [];
  for (const operation of ['validate_settings', 'validate'] as const) {
    const round = async (): Promise<number> => {
      await rounds[operation]();
      return meter.lastRoundMs();
    };
    // Once aloud: what the policy logs is seen, and what cannot be measured is found out.
    await round();
    meter.quiet = true;
    measured.push({ policyId, operation, samples: await measure(round, plan, () => performance.now()) });
    meter.quiet = false;
  }
  return measured;
}

/** Listens to the runtime: how long the latest call ran in the sandbox. */
class Meter {
  /** Whether log lines are swallowed: a policy that logs would flood the terminal, round after round. */
  quiet = false;
  readonly #log: EventSink;
  #latest: { readonly outcome: string; readonly runMs: number } = { outcome: 'answered', runMs: 0 };

  constructor(log: EventSink) {
    this.#log = log;
  }

  readonly listen: EventSink = (event) => {
    if (event.kind === 'evaluated') this.#latest = event;
    if (!this.quiet) this.#log(event);
  };

  /**
   * Milliseconds of the latest call.
   *
   * @throws {Fault} `BENCH_POINTLESS` for a call that was ended: it took as long as it was allowed to
   */
  lastRoundMs(): number {
    if (this.#latest.outcome === 'expired') throw new Fault('BENCH_POINTLESS', 'Cannot measure the policy: it exceeded the allowed execution time (--timeout).');
    return this.#latest.runMs;
  }
}

function styleOf(output: Session['output']): Parameters<typeof formatMeasured>[2] {
  const { isTerminal, columns } = output.terminal;
  return { palette: output.palette, columns: isTerminal ? columns : undefined };
}

/** The reference's option wants a `true`; it is taken for the bare option. */
function dumpPath({ dumpResultsToDisk: given }: BenchFlags): string | undefined {
  if (given === undefined || given === 'false') return undefined;
  return given === true || given === 'true' ? defaultDump : given;
}
