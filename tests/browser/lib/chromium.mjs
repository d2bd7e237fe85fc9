// One Chromium with several bare pages: what tests and benchmarks need that bring their own client.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { chromium } from 'playwright-core';

export class Chromium {
  /** options: netns (runs inside that namespace), args, scripts (files that every page begins with) */
  static async open(options = {}) {
    const c = new Chromium();
    let executablePath = '/usr/bin/chromium';
    if (options.netns) {
      c.scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'hop-chromium-'));
      executablePath = path.join(c.scratch, 'chromium');
      fs.writeFileSync(executablePath,
        `#!/bin/sh\nexec nsenter --net=/run/netns/${options.netns} /usr/bin/chromium "$@"\n`, { mode: 0o755 });
    }
    c.browser = await chromium.launch({ executablePath, headless: true, args: ['--no-sandbox', '--disable-gpu',
      '--autoplay-policy=no-user-gesture-required', '--disable-background-networking', '--disable-component-update',
      '--disable-sync', '--disable-features=WebRtcHideLocalIpsWithMdns', ...(options.args ?? [])] });
    c.context = await c.browser.newContext({ ignoreHTTPSErrors: true, bypassCSP: true, viewport: { width: 320, height: 180 } });
    for (const file of options.scripts ?? []) await c.context.addInitScript({ path: file });
    return c;
  }

  /** An empty page of that origin. */
  async page(url, name = 'page') {
    const page = await this.context.newPage();
    page.on('pageerror', (e) => console.error(`# ${name}: ${e.stack ?? e.message}`));
    if (process.env.HOP_TEST_VERBOSE) page.on('console', (m) => console.error(`# ${name}: ${m.text()}`));
    await page.goto(url, { waitUntil: 'load' });
    return page;
  }

  async close() {
    await this.browser.close();
    if (this.scratch) fs.rmSync(this.scratch, { recursive: true, force: true });
  }
}
