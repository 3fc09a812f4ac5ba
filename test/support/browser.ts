/** A browser that is on this machine; none is ever fetched. */

import { existsSync } from 'node:fs'
import { chromium, type Browser } from 'playwright-core'

/** Where there is none, what needs it is skipped. */
export const BROWSER = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path))

/** Headless. */
export const startBrowser = (): Promise<Browser> => chromium.launch({ ...(BROWSER === undefined ? {} : { executablePath: BROWSER }), args: ['--no-sandbox', '--disable-gpu'] })
