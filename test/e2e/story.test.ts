import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { playStory } from '../../local/demo/story.ts';
import { type DemoWorld, makeWorld } from '../../local/demo/world.ts';

let world: DemoWorld | null = null;
let dir = '';

afterEach(async () => {
  await world?.close();
  await rm(dir, { recursive: true, force: true });
});

test('the story of the demo is true', { timeout: 180_000 }, async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'cairn-story-'));
  const chapters: string[] = [];
  world = await makeWorld({ dir: path.join(dir, 'demo'), ports: { forge: 0, server: 0 } });

  await playStory(world, { chapter: (title) => void chapters.push(title), line: () => {}, show: () => {} });

  expect(chapters.map((title) => title.replace(/\D.*/s, ''))).toEqual([
    '',
    '1',
    '2',
    '3',
    '4',
    '5',
    '6',
    '7',
  ]);
});
