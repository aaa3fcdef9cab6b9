// How sandboxes fare, by the runtime's events: instances put back or made anew, guests stopped, and what was proven of each policy.
import { Counter, Gauge, type Registry } from 'prom-client';
import type { RuntimeEvent } from 'wasmwarden';

/** Registers the metrics; returns what takes note of an event. */
export function createSandboxMetrics(registry: Registry): (event: RuntimeEvent) => void {
  const registers = [registry];
  const instances = new Counter({ name: 'wasmwarden_instances_total', help: 'Instances that requests ran on: put back, or made for the request and why.', labelNames: ['policy_name', 'instance'], registers });
  const fresh = new Gauge({ name: 'wasmwarden_policy_fresh_only', help: '1 for policies whose every request gets a new instance, with the reason; 0 for the others.', labelNames: ['policy_name', 'reason'], registers });
  const interrupts = new Counter({ name: 'wasmwarden_worker_interrupts_total', help: 'Guests that were interrupted because they ran too long.', registers });
  const kills = new Counter({ name: 'wasmwarden_worker_kills_total', help: 'Sandbox threads that were ended because of what ran in them.', registers });
  /** The reason that a policy's gauge shows, empty for none. */
  const reasons = new Map<string, string>();
  const setReason = (policyId: string, reason: string): void => {
    // A policy that is loaded again may have another reason, which is another series.
    const before = reasons.get(policyId);
    if (before !== undefined) fresh.remove({ policy_name: policyId, reason: before });
    reasons.set(policyId, reason);
    fresh.set({ policy_name: policyId, reason }, reason === '' ? 0 : 1);
  };
  return (event) => {
    if (event.kind === 'policy-loaded') setReason(event.policyId, event.freshBecause ?? '');
    else if (event.kind === 'worker-interrupted') interrupts.inc();
    else if (event.kind === 'worker-killed') kills.inc();
    else if (event.kind === 'evaluated' && event.instance !== undefined) {
      const { policyId, instance } = event;
      const use = instance.kind === 'reset' ? 'reset' : instance.because;
      instances.inc({ policy_name: policyId, instance: use });
      if (use === 'init-not-repeatable' && reasons.get(policyId) === '') setReason(policyId, 'its start functions read a clock, random bytes or the host');
    }
  };
}
