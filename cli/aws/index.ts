/** What only `cairn aws deploy` and `cairn doctor --aws` load: AWS's clients are large. */
export { awsDeploy } from './deploy.ts';
export { awsDoctor } from './doctor.ts';
