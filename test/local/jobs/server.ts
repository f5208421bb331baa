import { readFileSync } from 'node:fs';
import { createLocalJobs } from '../../../local/jobs/index.ts';
import { optionsOf } from './support.ts';

/** A server that runs one order and is killed over it: `server.ts FOLDER ORDER KEY`. */
const [folder = '', order = '', key = ''] = process.argv.slice(2);
const jobs = await createLocalJobs(optionsOf(folder));
console.log('ready');
const result = await jobs.run(JSON.parse(readFileSync(order, 'utf8')), key);
console.log(JSON.stringify(result));
