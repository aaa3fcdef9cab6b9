// Whether this machine can make the namespaces the sandbox needs.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Tries what the sandbox does: namespaces, a private mount, an overlay of `/`, a bridge, a veth pair. */
const REHEARSAL = `
set -e
mount -t tmpfs tmpfs /run
mkdir /run/upper /run/work /run/merged
mount -t overlay overlay -o lowerdir=/,upperdir=/run/upper,workdir=/run/work /run/merged
ip link add rehearsal type bridge
ip link add one type veth peer name two
`;

/** The programs of this machine that the sandbox and the node agent call. */
const TOOLS = ['unshare', 'nsenter', 'ip', 'mount', 'openssl', 'chroot'];

/** Why no sandbox can be made here, in one line, or undefined when it can. */
export async function whyNoSandbox(): Promise<string | undefined> {
  if (process.platform !== 'linux') return `the node agent needs Linux namespaces, and this is ${process.platform}`;
  const absent: string[] = [];
  for (const tool of TOOLS) if (!(await onPath(tool))) absent.push(tool);
  if (absent.length > 0) return `not on the PATH: ${absent.join(', ')} (Debian: util-linux, iproute2, openssl, coreutils)`;
  try {
    await run('unshare', ['--mount', '--pid', '--net', '--fork', '--kill-child', '--', 'sh', '-c', REHEARSAL]);
    return undefined;
  } catch (error) {
    // The first line repeats the command, the last one says what went wrong.
    const message = String(error).trim();
    return `namespaces cannot be made here (root on a Linux with overlayfs and veth is needed): ${message.slice(message.lastIndexOf('\n') + 1)}`;
  }
}

function onPath(tool: string): Promise<boolean> {
  return run('sh', ['-c', 'command -v "$1"', 'sh', tool]).then(
    () => true,
    () => false,
  );
}
