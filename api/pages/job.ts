import { html } from 'hono/html';
import type { Run } from '../../core/requests/run.ts';
import { describeJob, type LogPart } from '../jobs.ts';
import { type Html, jobPath, NOTHING, runPath, whatItDoes } from './parts.ts';

export function jobTitle(job: string): string {
  const { kind, project } = describeJob(job);
  return kind === 'job' ? job : `${kind}${project === null ? '' : ` ${project}`}`;
}

/** Not the list of what a destroy left, which is told where it is needed. */
function isCommand({ workflow }: Run, job: string): boolean {
  const { kind } = describeJob(job);
  return workflow === 'run' && (kind === 'read' || kind === 'write');
}

export function jobBody(run: Run, job: string, log: LogPart): Html {
  return html`<section>
<div class="line"><h1>${jobTitle(job)}</h1><span id="live" class="badge ${log.ended ? 'quiet' : 'busy'}">${log.ended ? 'ended' : 'live'}</span></div>
<p class="lead"><a href="${runPath(run.id)}">Run ${run.number}</a>, ${whatItDoes(run)} · <a href="${jobPath(run.id, job)}/log.txt">as text</a>${isCommand(run, job) ? html` · <a href="${runPath(run.id)}/output.txt">all that the command printed</a>` : NOTHING}</p>
<pre class="log" id="log">${log.text === '' && log.ended ? 'This job left no log.' : log.text}</pre>
</section>`;
}
