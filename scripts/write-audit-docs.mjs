#!/usr/bin/env node
// Writes docs/audit-options.md from the options of the scanner; a test compares both.
import { writeFileSync } from 'node:fs';

import { optionReference } from '../build/integrations/audit/src/command-line.js';

writeFileSync(new URL('../docs/audit-options.md', import.meta.url), optionReference());
