import { Hono } from 'hono';
import type { Env, World } from '../world.ts';

export function pageRoutes(_world: World): Hono<Env> {
  return new Hono<Env>();
}
