#!/usr/bin/env node
// Writes docs/controller-options.md from the controller's table of options. A test compares the page with the table.
//
//   npm run docs:controller

import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { optionReference } from '../build/integrations/k8s-controller/src/command-line.js';

writeFileSync(fileURLToPath(new URL('../docs/controller-options.md', import.meta.url)), optionReference());
