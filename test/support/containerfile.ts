// Follows a Containerfile without a container engine: its base images are taken for this machine, everything else is done as it says, into
// folders. What it copies must be there, what it runs must succeed.
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';

import { arranged, runWell } from './packages.js';
import { scratchFolder } from './scratch.js';

/** What came of a Containerfile. */
export interface ImageLayout {
  /** The root of the image's own files, on this machine. */
  readonly root: string;
  readonly user: string;
  readonly entrypoint: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly workingFolder: string;
}

interface Stage extends ImageLayout {
  readonly name: string;
}

/** Arranges dist/ and follows the Containerfile of an integration; gives its last stage. */
export async function followContainerfile(integration: string): Promise<ImageLayout> {
  const stages: Stage[] = [];
  await arranged(() => {
    for (const [word, rest] of instructions(readFileSync(`integrations/${integration}/Containerfile`, 'utf8'))) {
      if (word === 'ARG') continue;
      if (word === 'FROM') stages.push({ name: /\bAS (\w+)/.exec(rest)?.[1] ?? '', root: readableFolder(), user: 'root', entrypoint: [], environment: {}, workingFolder: '/' });
      else stages.push(followed(stages.pop(), word, rest, stages));
    }
  });
  const last = stages.at(-1);
  if (last === undefined) throw new Error(`the Containerfile of ${integration} has no stage`);
  return last;
}

/** The instructions of a Containerfile: word and rest. */
function instructions(text: string): readonly (readonly [string, string])[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line): readonly [string, string] => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]);
}

function followed(stage: Stage | undefined, word: string, rest: string, others: readonly Stage[]): Stage {
  if (stage === undefined) throw new Error(`${word} comes before FROM`);
  switch (word) {
    case 'WORKDIR':
      mkdirSync(join(stage.root, rest), { recursive: true });
      return { ...stage, workingFolder: rest };
    case 'COPY':
      copy(stage, rest.split(' '), others);
      return stage;
    case 'RUN':
      run(stage, rest.split(' '));
      return stage;
    case 'ENV': {
      const [name = '', value = ''] = rest.split('=');
      return { ...stage, environment: { ...stage.environment, [name]: value } };
    }
    case 'USER':
      return { ...stage, user: rest };
    case 'ENTRYPOINT':
      return { ...stage, entrypoint: JSON.parse(rest) as readonly string[] };
    default:
      throw new Error(`what ${word} does is not known here`);
  }
}

/** A folder copied into a place is that place; a file copied into a folder keeps its name. */
function copy({ root, workingFolder }: Stage, words: readonly string[], others: readonly Stage[]): void {
  const [from] = words.filter((word) => word.startsWith('--from='));
  const places = words.filter((word) => !word.startsWith('--'));
  const origin = from === undefined ? '.' : (others.find(({ name }) => from === `--from=${name}`)?.root ?? 'nowhere');
  const target = join(root, workingFolder, places.at(-1) ?? '');
  for (const place of places.slice(0, -1)) {
    const source = join(origin, place);
    if (!existsSync(source)) throw new Error(`${place} is copied and is not there`);
    const isFolder = statSync(source).isDirectory();
    cpSync(source, isFolder ? target : join(target, basename(place)), { recursive: true, verbatimSymlinks: true });
  }
}

function run({ root, workingFolder }: Stage, [command = '', ...words]: readonly string[]): void {
  runWell(command, [...words, ...(command === 'npm' ? ['--prefer-offline'] : [])], join(root, workingFolder));
}

/** Containers run as somebody else than the test. */
function readableFolder(): string {
  const folder = scratchFolder();
  chmodSync(folder, 0o755);
  return folder;
}
