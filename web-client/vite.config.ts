import { defineConfig } from 'vitest/config';

const server = process.env.HOP_SERVER ?? 'http://localhost:8080';

export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    target: ['chrome111', 'firefox115', 'safari16.4'],
    // The content security policy allows neither inline scripts nor data: fonts.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
  server: {
    proxy: { '/api': { target: server, ws: true, changeOrigin: true, secure: false } },
  },
  test: { include: ['src/**/*.test.ts', 'tests/**/*.test.ts'] },
});
