// Location of the page's modules, and shared examples.

import { pathToFileURL } from 'node:url';
import { resolve } from 'node:path';

const ROOT = resolve(
  import.meta.dirname ?? new URL('.', import.meta.url).pathname,
  '../../../../../broker/src/main/resources/page',
);

/** Imports a module of the page. */
export function page(name) {
  return import(pathToFileURL(resolve(ROOT, name)).href);
}

/** Returns a line of the list of requests. */
export function line(changes = {}) {
  return {
    client_req_id: '79519ea5-c477-4ae2-a049-8c1fbfa6655d',
    received_at: '2026-11-29T18:05:09.870Z',
    upstream_target: 'orders',
    method: 'GET',
    path: '/orders/7',
    outcome: 'answered',
    status: 200,
    total_ms: 2.4,
    client_agent: 'acme.shop-1-k3v7qa',
    upstream_agent: 'plant.plant-1-x2m4cd',
    attempts: 1,
    ...changes,
  };
}

/** Returns the state of a relay with one broker. */
export function relay(changes = {}) {
  return {
    taken_at: '2026-11-29T18:05:10.000Z',
    notices: [],
    brokers: [
      { id: 'broker.broker-1-k3v7qa', name: 'broker-1', version: '0.1.0', state: 'ok', reason: '', rate: 3, this: true },
    ],
    targets: [],
    upstream_agents: [],
    client_agents: [],
    flows: [],
    ...changes,
  };
}

/** Returns a target. */
export function target(name, changes = {}) {
  return {
    name,
    state: 'ok',
    reason: '',
    served: true,
    ready: 1,
    full: 0,
    draining: 0,
    suspect: 0,
    failing: 0,
    rate: 1,
    failures: {},
    ...changes,
  };
}
