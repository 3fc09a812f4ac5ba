/** What the process holds when nothing happens. Bounds with room for a collector that has not come yet: `make idle` measures with thousands. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { idleOf } from '../bench/idle.ts'
import { memoryOf } from '../bench/proc.ts'

const BIN = fileURLToPath(new URL('../../bin/brownout.js', import.meta.url))
const MB = 1_000_000

describe('memory', function () {
  this.timeout(60_000)
  before(function () { if (process.platform !== 'linux') this.skip() })

  for (const [protocol, most] of [['tcp', 26_000], ['websocket', 32_000]] as const) {
    it(`an idle ${protocol} connection takes less than ${most} bytes`, async () => {
      const cost = await idleOf(protocol, 1000, 300)
      assert.ok(cost < most, `${Math.round(cost)} bytes`)
    })
  }

  it('a server that serves nothing yet takes less than 95 MB', async () => {
    const child = spawn(process.execPath, [BIN, 'serve', '--port', '0'], { stdio: ['ignore', 'ignore', 'pipe'] })
    try {
      await once(createInterface({ input: child.stderr }), 'line')
      const held = memoryOf(child.pid ?? 0)
      assert.ok(held > 20 * MB && held < 95 * MB, `${Math.round(held / MB)} MB`)
    } finally {
      child.kill('SIGKILL')
    }
  })
})
