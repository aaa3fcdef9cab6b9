// Tests of the words that reach a shell.

import { execFileSync } from 'node:child_process';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { quoted, waitingScript, type ContainerLaunch } from './container-script.js';

const script = suite('cluster/agent/container-script');

const LAUNCH: ContainerLaunch = { folder: '/run/x', hostname: 'h', mounts: [], files: {}, environment: {}, words: ['true'], workingFolder: '/', readOnlyRoot: false, logPath: '/run/log' };

for (const word of ['plain', "it's", '$(reboot) `x` "y"', 'two\nlines', '\\', '']) {
  script(`hands ${JSON.stringify(word)} through a shell unchanged`, () => assert.is(execFileSync('sh', ['-c', `printf %s ${quoted(word)}`], { encoding: 'utf8' }), word));
}

script('mounts parents before children, and makes mounts read-only last', () => {
  const mounts = [
    { source: '/s1', target: '/a/b', readOnly: false },
    { source: '/s2', target: '/a', readOnly: true },
  ];
  const lines = waitingScript({ ...LAUNCH, mounts }).split('\n').filter((line) => line.startsWith('mount') && line.includes("'./a"));
  assert.equal(lines, ["mount --bind '/s2' './a'", "mount --bind '/s1' './a/b'", "mount -o remount,bind,ro './a'"]);
});

script('is a script that the shell accepts', () => {
  const text = waitingScript({ ...LAUNCH, networkNamespace: '/run/netns/pod2', readOnlyRoot: true, user: { uid: 1, gid: 2 }, environment: { A: "it's" }, files: { '/etc/hosts': '127.0.0.1 localhost\n' } });
  execFileSync('sh', ['-n', '-c', text]);
  assert.match(text, "exec chroot --userspec=1:2 --groups=2 . env -i --default-signal=INT,QUIT --chdir='/' 'A=it'\\''s' 'true'");
});

script.run();
