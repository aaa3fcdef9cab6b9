// One try of a probe or hook: HTTP, HTTPS, TCP or a command in the container.

import { request as httpRequest, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Container, ProbeAction } from '../../api/objects.js';
import type { ContainerProcess } from '../container-process.js';

/** What one try showed. */
export interface ProbeResult {
  readonly succeeded: boolean;
  readonly message: string;
}

/** What is probed. */
export interface ProbeTarget {
  readonly container: Container;
  readonly process: ContainerProcess;
  /** The Pod's address. */
  readonly address: string;
}

/** Performs an action once. Certificates are not checked, as a kubelet does not. */
export async function tryAction(action: ProbeAction, target: ProbeTarget, timeoutMs: number): Promise<ProbeResult> {
  if (action.httpGet !== undefined) return tryHttp(action.httpGet, target, timeoutMs);
  if (action.tcpSocket !== undefined) return tryTcp(action.tcpSocket.host ?? target.address, portNumber(action.tcpSocket.port, target.container), timeoutMs);
  if (action.exec !== undefined) {
    const { exitCode, output } = await target.process.exec(action.exec.command ?? [], timeoutMs);
    return { succeeded: exitCode === 0, message: output };
  }
  if (action.sleep !== undefined) {
    await delay(action.sleep.seconds * 1000);
    return { succeeded: true, message: '' };
  }
  return { succeeded: false, message: 'this kind of probe is not imitated' };
}

/** The number of a port that may be named. */
export function portNumber(port: number | string, container: Container): number {
  const named = container.ports?.find(({ name }) => name === port)?.containerPort;
  return named ?? Number(port);
}

function tryHttp(action: NonNullable<ProbeAction['httpGet']>, target: ProbeTarget, timeoutMs: number): Promise<ProbeResult> {
  const secure = action.scheme === 'HTTPS';
  const options: RequestOptions & { rejectUnauthorized?: boolean } = {
    host: action.host ?? target.address,
    port: portNumber(action.port, target.container),
    path: action.path ?? '/',
    headers: { 'user-agent': 'kube-probe/test', ...Object.fromEntries((action.httpHeaders ?? []).map(({ name, value }) => [name, value])) },
    timeout: timeoutMs,
    agent: false,
    ...(secure ? { rejectUnauthorized: false } : {}),
  };
  return new Promise((resolve) => {
    const asked = (secure ? httpsRequest : httpRequest)(options, (answer) => {
      answer.resume();
      const status = answer.statusCode ?? 0;
      resolve(status >= 200 && status < 400 ? { succeeded: true, message: '' } : { succeeded: false, message: `HTTP probe failed with statuscode: ${status}` });
    });
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    asked.on('error', (error) => resolve({ succeeded: false, message: `Get "${action.path ?? '/'}": ${error.message}` }));
    asked.end();
  });
}

function tryTcp(host: string, port: number, timeoutMs: number): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    const settle = (result: ProbeResult): void => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', () => settle({ succeeded: true, message: '' }));
    socket.once('timeout', () => settle({ succeeded: false, message: `no connection within ${timeoutMs} ms` }));
    socket.once('error', (error) => settle({ succeeded: false, message: error.message }));
  });
}
