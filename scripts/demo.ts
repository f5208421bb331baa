import { demo } from '../local/demo/index.ts';

process.exit(await demo({ exit: process.argv.includes('--exit') }));
