// `npm run cluster:build`: builds the control plane, or finds it built, and says how long that took.

import { findPrograms } from '../programs/programs.js';

const found = await findPrograms(process.env);
process.stdout.write(found.kind === 'found' ? `control plane: ${found.origin}\n` : `no control plane: ${found.because}\n`);
