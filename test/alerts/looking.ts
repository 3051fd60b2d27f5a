// Looks at the rules, and tables to look at.

import { interval } from '../../src/core/interval.ts';
import type { AlertRule } from '../../src/definition/alert.ts';
import { firingAlerts } from '../../src/state/alerts/overview.ts';
import { at } from '../support/views.ts';
import type { AlertWorld } from './world.ts';

export const dayStart = (number: number) => at(`2026-01-${String(number).padStart(2, '0')}`);
export const day = (number: number) => interval(dayStart(number), dayStart(number + 1));

export async function lookAndSend(world: AlertWorld, ...rules: readonly AlertRule[]): Promise<string[]> {
  const before = world.hook.received.length;
  await world.look(...rules);
  await world.deliver();
  return world.heard().slice(before);
}

export const withTable = async ({ system }: AlertWorld, ...values: string[]) => {
  await system.sql('create table spend (entity_id text, value float8)');
  for (const value of values) await system.sql(`insert into spend values ${value}`);
};

export const firing = async ({ system }: AlertWorld) =>
  (await firingAlerts(system.app.database)).alerts.map(({ condition, view: name }) => `${condition} ${name}`);
