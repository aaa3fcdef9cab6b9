import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { defaultPaths } from '../../../lib/source/default-paths.js';

const paths = suite('source/default-paths');

paths('files are where the reference keeps them', () => {
  assert.equal(defaultPaths({ HOME: '/h' }), {
    store: '/h/.cache/kubewarden/store',
    sources: '/h/.config/kubewarden/sources.yaml',
    verification: '/h/.config/kubewarden/verification-config.yml',
  });
  assert.equal(defaultPaths({ XDG_CACHE_HOME: '/c', XDG_CONFIG_HOME: '/d' })?.store, '/c/kubewarden/store');
});

paths('without a home there are none', () => {
  assert.is(defaultPaths({}), undefined);
  assert.is(defaultPaths({ HOME: '', XDG_CACHE_HOME: '/c' }), undefined);
});

paths.run();
