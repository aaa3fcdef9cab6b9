// The shell script that turns fresh namespaces into a container and becomes its command. PURE: text from values.
//
// The root is an overlay: below the machine's own files, read-only; above a tmpfs, so that whatever a container writes
// stays inside and is new after each restart, as with an image. /proc, /dev, /run and /sys are the container's own.

/** One bind mount: from a path of the Node to a path in the container. */
export interface Mount {
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

/** Everything that decides what a container sees. */
export interface ContainerLaunch {
  /** Empty folder of the Node that becomes the root's mount point. */
  readonly folder: string;
  readonly hostname: string;
  /** Path of the Pod's network namespace; absent for `hostNetwork`. */
  readonly networkNamespace?: string;
  /** Targets with every symbolic link of the machine resolved. */
  readonly mounts: readonly Mount[];
  /** Small files of the container, by path. */
  readonly files: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string>>;
  readonly words: readonly string[];
  readonly workingFolder: string;
  readonly user?: { readonly uid: number; readonly gid: number };
  readonly readOnlyRoot: boolean;
  readonly logPath: string;
}

/** Device nodes every image can count on. */
const DEVICES = ['null', 'zero', 'full', 'random', 'urandom', 'tty'];

/**
 * The script of the process that waits for the container, inside the namespaces `unshare` made.
 *
 * Its first child becomes process 1 of the new pid namespace. Reports on file descriptor 3, one line each: `pid <n>`, and
 * `started` when nothing is left to do but to become the command. Exits as the container does, 128 + n for a signal.
 */
export function waitingScript(launch: ContainerLaunch): string {
  return `(\n${containerScript(launch)}\n) &\nprintf 'pid %s\\n' "$!" >&3\nexec 3>&-\nwait "$!"`;
}

function containerScript(launch: ContainerLaunch): string {
  // Parents before children, so that no mount hides an earlier one.
  const mounts = [...launch.mounts].sort((one, other) => depth(one.target) - depth(other.target));
  return [
    'set -e',
    `cd ${quoted(launch.folder)}`,
    'mount -t tmpfs -o mode=0755 tmpfs .',
    // The shell still stands in the folder below the mount.
    `cd ${quoted(launch.folder)}`,
    'mkdir upper work merged',
    'mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work merged',
    'cd merged',
    'mount -t proc proc proc',
    'mount -t sysfs -o ro sysfs sys',
    'mount -t tmpfs -o mode=0755 tmpfs run',
    ...deviceLines(),
    ...Object.entries(launch.files).flatMap(([path, text]) => [`rm -f ${inside(path)}`, `printf %s ${quoted(text)} > ${inside(path)}`]),
    ...mounts.flatMap(bindLines),
    // Last: a mount below a read-only one needs its mount point made first.
    ...mounts.filter((mount) => mount.readOnly).map((mount) => `mount -o remount,bind,ro ${inside(mount.target)}`),
    `mkdir -p ${inside(launch.workingFolder)}`,
    ...(launch.networkNamespace === undefined ? [] : [`printf %s ${quoted(launch.hostname)} > /proc/sys/kernel/hostname`]),
    ...(launch.readOnlyRoot ? [`mount -o remount,ro "$PWD"`] : []),
    'echo started >&3',
    'exec 3>&-',
    `exec chroot ${userWord(launch)}. ${environmentWords(launch)} ${launch.words.map(quoted).join(' ')}`,
  ].join('\n');
}

/** The `env` command that gives a process of the container exactly its environment and folder. */
export function environmentWords(launch: ContainerLaunch): string {
  const variables = Object.entries(launch.environment).map(([name, value]) => quoted(`${name}=${value}`));
  // A shell's background process ignores these two, and would hand that down.
  return ['env', '-i', '--default-signal=INT,QUIT', `--chdir=${quoted(launch.workingFolder)}`, ...variables].join(' ');
}

/** A word that the shell takes literally. */
export function quoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

function userWord({ user }: ContainerLaunch): string {
  return user === undefined ? '' : `--userspec=${user.uid}:${user.gid} --groups=${user.gid} `;
}

function deviceLines(): string[] {
  return [
    'mount -t tmpfs -o mode=0755 tmpfs dev',
    'mkdir dev/shm dev/pts',
    'mount -t tmpfs -o mode=1777 tmpfs dev/shm',
    ...DEVICES.flatMap((name) => [`: > dev/${name}`, `mount --bind /dev/${name} dev/${name}`]),
    'ln -s /proc/self/fd dev/fd',
    'ln -s /proc/self/fd/0 dev/stdin',
    'ln -s /proc/self/fd/1 dev/stdout',
    'ln -s /proc/self/fd/2 dev/stderr',
  ];
}

function bindLines({ source, target }: Mount): string[] {
  const point = inside(target);
  return [`if [ -d ${quoted(source)} ]; then mkdir -p ${point}; else mkdir -p "$(dirname ${point})"; [ -e ${point} ] || : > ${point}; fi`, `mount --bind ${quoted(source)} ${point}`];
}

/** An absolute path of the container, seen from the root folder the script stands in. */
function inside(path: string): string {
  return quoted(`.${path}`);
}

function depth(path: string): number {
  return path.split('/').filter((part) => part !== '').length;
}
