import { EXIT } from '../exit.ts';
import { type Finding, showFindings } from '../findings.ts';
import type { Io } from '../io.ts';
import { type ConfigFlags, readInfra } from './config.ts';
import { checkDelivery } from './doctor-delivery.ts';
import { checkApp, checkSecrets } from './doctor-github-app.ts';
import { checkBuilds, checkQueues, checkRuns, checkSchedules } from './doctor-parts.ts';
import { checkJobs, type OnlyJobs } from './doctor-smoke.ts';
import { doctorTools } from './doctor-tools.ts';
import { preflight } from './preflight.ts';
import { checkStacks, readInstallation } from './stacks.ts';

export interface AwsDoctorFlags extends ConfigFlags, OnlyJobs {
  json?: boolean;
  /** Commander's `--no-jobs`. */
  jobs?: boolean;
}

/**
 * `cairn doctor --aws`: examines what is deployed, for real. What no test can show without an account is tried
 * here: permissions as they are enforced, the network, the places where jobs run, what the bus hands over.
 */
export async function awsDoctor(flags: AwsDoctorFlags, io: Io, tools = doctorTools(io)): Promise<number> {
  const { config } = readInfra(flags, io, tools.githubUrl);
  const clients = tools.clients(config.region);
  const findings: Finding[] = [];
  // What is known is shown at once: jobs take minutes.
  const tell = (more: Finding[]) => {
    findings.push(...more);
    if (!flags.json) showFindings(more, io);
  };

  const ready = await preflight(config, clients, io.env);
  tell(ready.findings);
  if (ready.account !== null) {
    const { installation, finding } = await readInstallation(clients);
    tell([...(await checkStacks(config, clients)), finding]);
    if (installation) {
      const { findings: secrets, appKey, webhookSecret } = await checkSecrets(config, clients);
      tell(secrets);
      if (appKey) tell(await checkApp(config, appKey, installation.webhookUrl));
      tell(await checkBuilds(clients));
      tell(await checkDelivery({ clients, tools, webhookUrl: installation.webhookUrl, webhookSecret }));
      tell(await checkSchedules(clients, tools.now()));
      tell(await checkQueues(config, clients));
      tell(await checkRuns(ready.account, clients));
      if (flags.jobs !== false) {
        io.err('Jobs run now, one for each identity; Fargate takes a minute or two to start them.\n');
        tell(await checkJobs({ config, clients, tools, only: flags }));
      }
    }
  }
  if (flags.json) io.out(`${JSON.stringify({ findings }, null, 2)}\n`);
  return findings.some(({ status }) => status === 'fail') ? EXIT.bad : EXIT.ok;
}
