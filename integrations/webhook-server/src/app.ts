// The Koa application: routes in, one exit for faults. Koa stays at the rim; what it calls takes and returns plain values.
import { Router } from '@koa/router';
import Koa from 'koa';
import { isFault } from 'wasmwarden';

import { faultResponse } from './middleware/fault-response.js';
import { requestDeadline } from './middleware/request-deadline.js';
import { endpointRoutes, type EndpointRoute } from './routes/endpoints.js';
import { judge, type RouteContext } from './routes/judge.js';

/** Milliseconds of the clock that deadlines count by. */
export type Now = () => number;

/** Composes the application. */
export function createApp(context: RouteContext, now: Now): Koa {
  const app = new Koa();
  const router = new Router();
  for (const route of endpointRoutes) addRoute(router, route, context, now);
  app.use(async (ctx, next) => {
    await next();
    // Koa's own body for an unknown path is a text; the contract wants none.
    if (ctx.status === 404 && ctx.body === undefined) empty(ctx, 404);
    if (ctx.status === 405) empty(ctx, 405);
  });
  app.use(router.routes());
  app.use(router.allowedMethods());
  // Koa prints what it catches; what happens on a socket that is gone is nobody's concern, the rest has been reported.
  app.silent = true;
  return app;
}

function empty(ctx: Koa.Context, status: number): void {
  ctx.body = '';
  ctx.status = status;
}

function addRoute(router: Router, route: EndpointRoute, context: RouteContext, now: Now): void {
  router.post(route.path, async (ctx) => {
    const deadline = requestDeadline(typeof ctx.query['timeout'] === 'string' ? ctx.query['timeout'] : undefined, now());
    try {
      const policyId = ctx.params['policyId'] ?? '';
      ctx.body = JSON.stringify(route.envelope(await judge(context, route, { policyId, incoming: ctx.req, deadline })));
      ctx.type = 'application/json';
    } catch (thrown) {
      const { status, message } = faultResponse(thrown);
      context.report.failed(ctx.path, status, thrown);
      const asJson = route.jsonFaults || status === 404 || status >= 500;
      ctx.body = asJson ? JSON.stringify({ message, status }) : message;
      ctx.type = asJson ? 'application/json' : 'text/plain; charset=utf-8';
      ctx.status = status;
      // What was not read must not be taken for the next request on this connection.
      if (isFault(thrown, 'BODY_TOO_LARGE', 'BODY_BUDGET_EXHAUSTED', 'CONTENT_TYPE_UNSUPPORTED') && ctx.req.httpVersionMajor === 1) ctx.set('connection', 'close');
    }
  });
}
