// Typed lint: the rules that keep the architecture honest (floating promises, exhaustive switches, effects per folder).
import tseslint from 'typescript-eslint';

const clock = [
  { name: 'Date', message: 'Pure code takes time as a parameter.' },
  { name: 'performance', message: 'Pure code takes time as a parameter.' },
  { name: 'setTimeout', message: 'Pure code starts no timer.' },
  { name: 'setInterval', message: 'Pure code starts no timer.' },
  { name: 'setImmediate', message: 'Pure code starts no timer.' },
];
const surroundings = [
  { name: 'process', message: 'Configuration and signals belong to main.ts; pass values down.' },
  { name: 'console', message: 'The library reports through events; programs write through their output module.' },
  { name: 'window', message: 'There is no browser here.' },
  { name: 'document', message: 'There is no browser here.' },
];

export default tseslint.config(
  { ignores: ['build/', '**/dist/', 'coverage/', 'node_modules/', 'fixtures/', '.cache/', '**/*.mjs'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true }],
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      complexity: ['error', 12],
      'max-depth': ['error', 3],
      'max-params': ['error', 4],
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true, named: true, defaultFrom: true } }],
      'no-restricted-globals': ['error', ...surroundings],
    },
  },
  {
    files: ['lib/{wasm,wapc,wasi,policy,json,audit}/**/*.ts', 'lib/kubernetes/{api-fault,api-object,back-off,connection,discovery,exact-objects,field-selector,lease,query,reflection,resource,selector,selector-text,store,watch-lines}.ts', 'lib/runtime/pool/{schedule,queue}.ts', 'lib/{fault,outcome,events}.ts'],
    rules: { 'no-restricted-globals': ['error', ...surroundings, ...clock, { name: 'Buffer', message: 'Pure code uses Uint8Array.' }] },
  },
  { files: ['integrations/*/src/main.ts', 'lib/deadline.ts'], rules: { 'no-restricted-globals': 'off' } },
  {
    files: ['test/**/*.ts'],
    rules: {
      'no-restricted-globals': 'off',
      'max-lines-per-function': 'off',
      'max-lines': ['error', { max: 500, skipBlankLines: true, skipComments: true }],
      '@typescript-eslint/explicit-module-boundary-types': 'off',
    },
  },
);
