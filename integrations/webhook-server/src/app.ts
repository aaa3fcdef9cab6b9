// The Koa application: routes in, one exit for faults. Koa stays at the rim; what it calls takes and returns plain values.
import { Router } from '@koa/router';
import Koa from 'koa';

import { faultResponse } from './middleware/fault-response.js';
import { requestDeadline } from './middleware/request-deadline.js';
import { endpointRoutes, type EndpointRoute } from './routes/endpoints.js';
import { judge, type RouteContext } from './routes/judge.js';

/** Milliseconds of the clock that deadlines count by. */
export type Now = () => number;

/** Composes the application. */
export function createApp(context: RouteContext, now: Now): Koa {
  const app = new Koa();
  const router = new Router({ sensitive: true, strict: true });
  for (const route of endpointRoutes) addRoute(router, route, context, now);
  app.use(answerUnrouted);
  app.use(router.routes());
  // Koa prints what it catches; what happens on a socket that is gone is nobody's concern, the rest has been reported.
  app.silent = true;
  return app;
}

/** What no route took: an unknown path, or a known one asked by another method. Both have empty bodies. */
async function answerUnrouted(ctx: Koa.Context, next: Koa.Next): Promise<void> {
  await next();
  if (ctx.status !== 404 || ctx.body !== undefined) return;
  const isKnown = Array.isArray(ctx['matched']) && ctx['matched'].length > 0;
  if (isKnown) ctx.set('allow', 'POST');
  ctx.body = '';
  ctx.status = isKnown ? 405 : 404;
}

function addRoute(router: Router, route: EndpointRoute, context: RouteContext, now: Now): void {
  router.post(route.path, async (ctx) => {
    const deadline = requestDeadline(typeof ctx.query['timeout'] === 'string' ? ctx.query['timeout'] : undefined, now());
    try {
      const call = { policyId: ctx.params['policyId'] ?? '', request: ctx.req, deadline, invite: () => invite(ctx) };
      answer(ctx, 200, JSON.stringify(route.envelope(await judge(context, route, call))), json);
    } catch (thrown) {
      const { status, message } = faultResponse(thrown);
      context.report.failed(ctx.path, status, thrown);
      const asJson = route.jsonFaults || status === 404 || status >= 500;
      answer(ctx, status, asJson ? JSON.stringify({ message, status }) : message, asJson ? json : 'text/plain; charset=utf-8');
    }
  });
}

const json = 'application/json';

function answer(ctx: Koa.Context, status: number, body: string, type: string): void {
  ctx.status = status;
  ctx.set('content-type', type);
  ctx.body = body;
}

function invite(ctx: Koa.Context): void {
  if (ctx.headers.expect !== undefined) ctx.res.writeContinue();
}
