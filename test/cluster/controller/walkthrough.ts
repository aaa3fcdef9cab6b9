// docs/walkthrough.md as steps that can be walked: files to save and commands to type, with what they print. The document is walked by a
// test, which compares, and by scripts/write-walkthrough.mjs, which writes down what was printed.

import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Cluster } from '../cluster.js';
import type { PolicyRegistry } from './bench.js';

/** The document. */
export const walkthroughPath = 'docs/walkthrough.md';

/** What the reader replaces by the name of a registry of their own. */
const documentedHost = 'registry.example.com';

/** Longest run of one command, in milliseconds. */
const commandTimeoutMs = 150_000;

/** One thing that the reader does. */
export type Step =
  | { readonly kind: 'save'; readonly name: string; readonly text: string }
  /** `output` is what the document says that the command prints. */
  | { readonly kind: 'run'; readonly command: string; readonly output: string };

/** The steps of the document, in order. */
export function stepsOf(markdown: string): readonly Step[] {
  return [...markdown.matchAll(/^```(yaml|console)\n([\s\S]*?)^```$/gm)].flatMap(([, language, text = '']) => (language === 'yaml' ? [fileOf(text)] : commandsOf(text)));
}

function fileOf(text: string): Step {
  const [, name] = /^# ([\w-]+\.yaml)\n/.exec(text) ?? [];
  if (name === undefined) throw new Error(`a file of ${walkthroughPath} does not begin with its name: ${text.slice(0, 80)}`);
  return { kind: 'save', name, text };
}

function commandsOf(text: string): readonly Step[] {
  return text.split(/^\$ /m).slice(1).map((part): Step => {
    const [, command = '', output = ''] = /^((?:.*\\\n)*.*\n)([\s\S]*)$/.exec(part) ?? [];
    return { kind: 'run', command: command.trimEnd(), output };
  });
}

/** The document with other outputs, in order of its commands. */
export function withOutputs(markdown: string, outputs: readonly string[]): string {
  const left = [...outputs];
  return markdown.replaceAll(/^```console\n([\s\S]*?)^```$/gm, (_, text: string) => {
    const commands = commandsOf(text).map((step) => (step.kind === 'run' ? `$ ${step.command}\n${left.shift() ?? ''}` : ''));
    return `\`\`\`console\n${commands.join('')}\`\`\``;
  });
}

/** What two walks have in common: without times, addresses, generated parts of names, and the width of columns. */
export function comparable(output: string): string {
  return output
    .replaceAll(/\b\d{4}-\d\d-\d\dT[\d:.]+Z\b/g, '<time>')
    .replaceAll(/\b(?:\d+[smh])+(?=\s)/g, '<age>')
    .replaceAll(/\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b/g, '<uid>')
    .replaceAll(/\b[0-9a-f]{32}\b/g, '<hash>')
    .replaceAll(/\brun_ms=[\d.]+/g, 'run_ms=<number>')
    .replaceAll(/[ \t]+/g, ' ')
    .replaceAll(/ +$/gm, '');
}

/** A reader at work: a folder with the repository's `deploy/`, and `kubectl` for a cluster. */
export class Reader implements AsyncDisposable {
  readonly #folder: string;
  readonly #cluster: Cluster;
  readonly #registry: PolicyRegistry;

  private constructor(folder: string, cluster: Cluster, registry: PolicyRegistry) {
    this.#folder = folder;
    this.#cluster = cluster;
    this.#registry = registry;
  }

  /** Prepares the folder. */
  static async at(cluster: Cluster, registry: PolicyRegistry): Promise<Reader> {
    const folder = await mkdtemp(join(tmpdir(), 'wasmwarden-walkthrough-'));
    await cp('deploy', join(folder, 'deploy'), { recursive: true });
    await mkdir(join(folder, '.bin'));
    const kubectl = join(folder, '.bin/kubectl');
    await writeFile(kubectl, `#!/bin/sh\nexec ${cluster.kubectlCommand.map((word) => `'${word}'`).join(' ')} "$@"\n`);
    await chmod(kubectl, 0o755);
    return new Reader(folder, cluster, registry);
  }

  /** Takes a step; the answer is what was printed, with the documented name of the registry. */
  async take(step: Step): Promise<string> {
    if (step.kind === 'run') return this.#run(step.command);
    await writeFile(join(this.#folder, step.name), this.#filledIn(step.text));
    return '';
  }

  #run(command: string): Promise<string> {
    const env = { ...process.env, PATH: `${join(this.#folder, '.bin')}:${process.env['PATH'] ?? ''}`, KUBECONFIG: this.#cluster.kubeconfig };
    return new Promise((resolve) => {
      // A command that is refused ends with an error; what it printed is what the document shows.
      execFile('bash', ['-c', `exec 2>&1\n${this.#filledIn(command)}`], { cwd: this.#folder, env, timeout: commandTimeoutMs }, (_, output) => resolve(output.replaceAll(this.#registry.host, documentedHost)));
    });
  }

  #filledIn(text: string): string {
    return text
      .replaceAll(/^( *)-----BEGIN CERTIFICATE-----\n *…\n *-----END CERTIFICATE-----$/gm, (_, indent: string) => this.#registry.certificates.ca.trim().split('\n').map((line) => `${indent}${line}`).join('\n'))
      .replaceAll(documentedHost, this.#registry.host);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return rm(this.#folder, { recursive: true, force: true });
  }
}
