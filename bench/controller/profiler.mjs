// Profiles a Node process by its inspector, from outside its container.
import { writeFileSync } from 'node:fs';

import WebSocket from 'ws';

/** Port of the inspector. */
export const inspectorPort = 9229;

/** Starts to profile; `stop` writes the profile to a file. */
export async function startProfile(address) {
  const [{ webSocketDebuggerUrl }] = await (await fetch(`http://${address}:${inspectorPort}/json`)).json();
  const socket = new WebSocket(webSocketDebuggerUrl, { perMessageDeflate: false, maxPayload: 2 ** 30 });
  const waiting = new Map();
  socket.on('message', (data) => {
    const { id, result } = JSON.parse(String(data));
    waiting.get(id)?.(result);
  });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  let last = 0;
  const ask = (method) =>
    new Promise((resolve) => {
      waiting.set((last += 1), resolve);
      socket.send(JSON.stringify({ id: last, method }));
    });
  await ask('Profiler.enable');
  await ask('Profiler.start');
  return {
    async stop(path) {
      const { profile } = await ask('Profiler.stop');
      socket.close();
      writeFileSync(path, JSON.stringify(profile));
    },
  };
}
