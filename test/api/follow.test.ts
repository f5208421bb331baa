import { describe, expect, it } from 'vitest';
import { createApp } from '../../api/app.ts';
import { ADMIN, testHost } from './host.ts';
import { aRun, waitingDeploy } from './story.ts';

const headers = { authorization: `Bearer ${ADMIN}` };

interface Reading {
  /** Stop after this many events. */
  enough?: number;
  /** What happens once so many events have come. */
  after?: { events: number; happens(): Promise<void> };
}

/** The events of a stream, read until it ends. */
async function read(response: Response, { enough = Number.POSITIVE_INFINITY, after }: Reading = {}) {
  const events: { event: string; id: string | null; data: string }[] = [];
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (reader && events.length < enough) {
    const { done, value } = await reader.read();
    if (done) break;
    text += value;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const lines = text.slice(0, end).split('\n');
      text = text.slice(end + 2);
      const field = (name: string) =>
        lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      events.push({ event: field('event') ?? '', id: field('id') ?? null, data: field('data') ?? '' });
      if (events.length === after?.events) await after.happens();
    }
  }
  await reader?.cancel();
  return events;
}

describe('following a run', () => {
  it('gives what was, what comes, and its end', async () => {
    const host = testHost();
    const { runId } = await waitingDeploy(host.ports);
    const response = await createApp(host).request(`/api/v1/runs/${runId}/follow`, { headers });
    const happens = () =>
      host.ports.status.emit({
        id: 'end',
        runId,
        at: '2026-01-01T00:00:00Z',
        kind: 'run.ended',
        message: 'Deployed.',
        doc: null,
        run: { state: 'succeeded' },
      });

    const events = await read(response, { after: { events: 3, happens } });

    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(events.map(({ event, id }) => [event, id])).toEqual([
      ['status', '1'],
      ['status', '2'],
      ['run', null],
      ['status', '3'],
      ['run', null],
      ['end', null],
    ]);
    expect(JSON.parse(events[4]?.data ?? '')).toMatchObject({ state: 'succeeded' });
  });

  it('goes on behind the last event that was seen', async () => {
    const host = testHost();
    const { runId } = await waitingDeploy(host.ports);
    const seen = { ...headers, 'last-event-id': '1' };

    const events = await read(
      await createApp(host).request(`/api/v1/runs/${runId}/follow`, { headers: seen }),
      { enough: 2 },
    );

    expect(events.map(({ event, id }) => [event, id])).toEqual([
      ['status', '2'],
      ['run', null],
    ]);
  });
});

describe('a host that cannot stream', () => {
  it('ends what it gives after a while; the reader goes on from there and misses nothing', async () => {
    const host = testHost({ longestFollow: 1 });
    const { runId } = await waitingDeploy(host.ports);
    const follow = (more: Record<string, string> = {}) =>
      createApp(host).request(`/api/v1/runs/${runId}/follow`, { headers: { ...headers, ...more } });

    const first = await read(await follow());
    await host.ports.status.emit({
      id: 'end',
      runId,
      at: '2026-01-01T00:00:00Z',
      kind: 'run.ended',
      message: 'Deployed.',
      doc: null,
      run: { state: 'succeeded' },
    });
    const second = await read(await follow({ 'last-event-id': '2' }));

    expect(first.map(({ event, id }) => [event, id])).toEqual([
      ['status', '1'],
      ['status', '2'],
      ['run', null],
    ]);
    expect(second.map(({ event, id }) => [event, id])).toEqual([
      ['status', '3'],
      ['run', null],
      ['end', null],
    ]);
  });
});

describe('following a log', () => {
  it('gives each part once and ends with the job', async () => {
    const host = testHost();
    const run = await host.ports.runs.claim(aRun());
    const prefix = `jobs/acme/shop/prod/apply/${run.id}/apply-1-app`;
    host.ports.jobs.logs.set(prefix, 'one\n');
    const response = await createApp(host).request(`/api/v1/runs/${run.id}/jobs/apply-1-app/follow`, {
      headers,
    });
    const happens = async () => {
      await host.ports.artifacts.put(`${prefix}/out/log.txt`, 'one\ntwo é\n');
      await host.ports.artifacts.put(`${prefix}/out/result.json`, '{}');
    };

    const events = await read(response, { after: { events: 1, happens } });

    const text = events.filter(({ event }) => event === 'log').map(({ data }) => JSON.parse(data).text);
    expect(text).toEqual(['one\n', 'two é\n']);
    expect(events.at(-1)?.event).toBe('end');
  });

  it('of a job that was killed ends with its run', async () => {
    const host = testHost();
    const run = await host.ports.runs.claim(aRun({ state: 'failed' }));

    const events = await read(
      await createApp(host).request(`/api/v1/runs/${run.id}/jobs/apply-1-app/follow`, { headers }),
    );

    expect(events.map(({ event }) => event)).toEqual(['end']);
  });
});
